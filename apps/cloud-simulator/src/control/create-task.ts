import { findProject } from '../accounts.js';
import type { Dialect } from '../services/dialect.js';
import { OUTCOMES } from '../tasks/living-task.js';
import type { LivingTask, Outcome } from '../tasks/living-task.js';
import type { World } from '../world.js';
import { readFields } from '../http/fields.js';
import type { Fields } from '../http/fields.js';

const MAX_MS = 365 * 24 * 3_600_000;

/** A task to be made. Times in milliseconds of the simulator's clock, 0 if left out. */
export interface TaskInput {
  /** Id of the provider. */
  readonly service: string;
  /** A new one if left out. */
  readonly id?: string;
  /** Id or path of a project; the first of the first account if left out. */
  readonly projectId?: string;
  /** The first instance of the project if left out. */
  readonly instanceId?: string;
  readonly type?: string;
  readonly queuedMs?: number;
  readonly runningMs?: number;
  /** `succeeded` if left out. */
  readonly outcome?: Outcome;
  /** How long the service does not know the task yet. */
  readonly visibleAfterMs?: number;
}

/** Makes a living task. @throws InputError */
export function createTask(world: World, input: unknown): LivingTask {
  const fields = readFields(input);
  const service = fields.word(
    'service',
    world.services.map(({ provider }) => provider.id),
  );
  const dialect = world.services.find(({ provider }) => provider.id === service) as Dialect;
  const id = fields.text('id', dialect.ids.make());
  if (!dialect.ids.pattern.test(id)) fields.problem(`id must be ${dialect.ids.words}`);
  const scope = readScope(world, dialect, fields);
  const createdAt = world.clock.now();
  const startsAt = createdAt + fields.integer('queuedMs', 0, MAX_MS, 0);
  const endsAt = startsAt + fields.integer('runningMs', 0, MAX_MS, 0);
  const visibleAt = createdAt + fields.integer('visibleAfterMs', 0, MAX_MS, 0);
  const outcome = fields.word('outcome', OUTCOMES, 'succeeded');
  const type = readType(dialect.defaultType(outcome), service, fields);
  const possible = dialect.outcomes(type);
  if (!possible.includes(outcome))
    fields.problem(`outcome must be one of ${possible.join(', ')}: no other exists for ${type} of ${service}`);
  fields.finish();

  const task = { service, id, ...scope, type, outcome, createdAt, visibleAt, startsAt, endsAt };
  world.tasks.put(task);
  return task;
}

function readType(usual: string, service: string, fields: Fields): string {
  if (usual !== '') return fields.text('type', usual);
  if (fields.optionalText('type') !== undefined) fields.problem(`type does not exist for ${service}`);
  return usual;
}

function readScope(world: World, dialect: Dialect, fields: Fields): Pick<LivingTask, 'projectId' | 'instanceId'> {
  const name = fields.text('projectId', world.accounts[0]?.projects[0]?.id);
  const project = findProject(world.accounts, name);
  if (project === null) fields.problem('projectId is the id of no project of any account');
  const projectId = project?.id ?? name;
  const { id: service, scope } = dialect.provider;
  const instances = project?.instances?.[service] ?? [];
  const instanceId = fields.optionalText('instanceId') ?? instances[0];
  if (!scope.includes('instanceId')) {
    if (fields.has('instanceId')) fields.problem(`instanceId does not exist for ${service}`);
    return { projectId, instanceId: null };
  }
  if (instanceId === undefined || !instances.includes(instanceId))
    fields.problem(`instanceId must be one of the project's: ${instances.join(', ') || 'it has none'}`);
  return { projectId, instanceId: instanceId ?? null };
}
