import { projectsOf } from '../accounts.js';
import { notPublished } from '../front.js';
import type { Call } from '../http/call.js';
import { json } from '../http/reply.js';
import type { Reply } from '../http/reply.js';
import { authenticate } from '../iam/authenticate.js';
import { findExample } from '../tasks/examples.js';
import { momentOf } from '../tasks/living-task.js';
import type { World } from '../world.js';
import { replyKey } from '../world.js';
import type { Asked, Dialect } from './dialect.js';
import type { Route } from './route.js';

/** Answers what is asked below the prefix of one service. */
export function answerService(world: World, { dialect, members }: Route, call: Call): Reply {
  if (call.method !== 'GET' || members === null) return notPublished(call.id);
  const asked: Asked = { requestId: call.id, taskId: members['id'] ?? '', instanceId: members['instanceId'] ?? '' };
  const { provider, refuse } = dialect;

  const authentication = authenticate(world, call);
  if (authentication.kind === 'front') return authentication.reply;
  if (authentication.kind === 'token') return refuse[authentication.refusal](asked);
  const { principal, projects } = authentication;
  // A path without a project means the project of the credential.
  const projectId = members['projectId'] ?? projects[0];
  const project = projectsOf(principal).find(({ id }) => id === projectId && projects.includes(id));
  if (project === undefined) return refuse['wrong-project'](asked);
  if (principal.user.denied?.includes(provider.id) === true) return refuse.forbidden(asked);

  const kept =
    world.replies.get(replyKey(provider.id, asked.taskId)) ??
    (world.tasks.find(provider.id, asked.taskId) === null ? findExample(provider.id, asked.taskId) : null);
  if (kept === null && !dialect.ids.pattern.test(asked.taskId)) return refuse['malformed-task-id'](asked);
  if (provider.scope.includes('instanceId') && project.instances?.[provider.id]?.includes(asked.instanceId) !== true)
    return refuse['unknown-instance'](asked);
  return kept ?? drawLivingTask(world, dialect, project.id, asked) ?? refuse['unknown-task'](asked);
}

/** Null if there is no such task in this project and instance, or not yet. */
function drawLivingTask(world: World, dialect: Dialect, projectId: string, asked: Asked): Reply | null {
  const task = world.tasks.find(dialect.provider.id, asked.taskId);
  if (task === null || task.projectId !== projectId || (task.instanceId ?? '') !== asked.instanceId) return null;
  const moment = momentOf(task, world.clock.now());
  return moment === null ? null : json(200, dialect.render(moment));
}
