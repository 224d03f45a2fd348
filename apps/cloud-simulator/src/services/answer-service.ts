import { isCalled, projectsOf } from '../accounts.js';
import { takesBearer } from '../address.js';
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

/** Requests that every limit has left, and when it begins anew. */
const LEFT = '4999';
const RESET_MS = 3_600_000;

/** Answers what is asked below the prefix of one service. */
export function answerService(world: World, route: Route, call: Call): Reply {
  const reply = answer(world, route, call);
  const { rateLimit } = route.dialect.provider;
  if (rateLimit === undefined) return reply;
  const reset = String(Math.floor((world.clock.now() + RESET_MS) / 1000));
  return { ...reply, headers: { [rateLimit.remaining]: LEFT, [rateLimit.reset]: reset, ...reply.headers } };
}

function answer(world: World, { dialect, members }: Route, call: Call): Reply {
  if (call.method !== 'GET' || members === null) return notPublished(call.id);
  const asked: Asked = { requestId: call.id, taskId: members['id'] ?? '', instanceId: members['instanceId'] ?? '' };
  const { provider, errorReplies } = dialect;

  const authentication = authenticate(world, call, takesBearer(provider) ? 'bearer' : 'x-auth-token');
  if (authentication.kind === 'front') return authentication.reply;
  if (authentication.kind === 'token') return errorReplies[authentication.error](asked);
  const { principal, projects } = authentication;
  // A path without a project means the project of the credential.
  const name = members['projectId'] ?? projects[0] ?? '';
  const project = projectsOf(principal).find((own) => isCalled(own, name) && projects.includes(own.id));
  if (project === undefined) return errorReplies['wrong-project'](asked);
  if (principal.user.denied?.includes(provider.id) === true) return errorReplies.forbidden(asked);

  const kept =
    world.replies.get(replyKey(provider.id, asked.taskId)) ??
    (world.tasks.find(provider.id, asked.taskId) === null ? findExample(provider.id, asked.taskId) : null);
  if (kept === null && !dialect.ids.pattern.test(asked.taskId)) return errorReplies['malformed-task-id'](asked);
  if (provider.scope.includes('instanceId') && project.instances?.[provider.id]?.includes(asked.instanceId) !== true)
    return errorReplies['unknown-instance'](asked);
  return kept ?? drawLivingTask(world, dialect, project.id, asked) ?? errorReplies['unknown-task'](asked);
}

/** Null if there is no such task in this project and instance, or not yet. */
function drawLivingTask(world: World, dialect: Dialect, projectId: string, asked: Asked): Reply | null {
  const task = world.tasks.find(dialect.provider.id, asked.taskId);
  if (task === null || task.projectId !== projectId || (task.instanceId ?? '') !== asked.instanceId) return null;
  const moment = momentOf(task, world.clock.now());
  return moment === null ? null : json(200, dialect.render(moment));
}
