import { loadErrorFixtures, loadFixtures } from '@gateway/providers/testing';
import type { Fixture } from '@gateway/providers/testing';
import type { Provider, TaskData } from '@gateway/tasks';
import { takesBearer } from '../address.js';
import { idFormOf } from '../tasks/id-form.js';
import { OUTCOMES } from '../tasks/living-task.js';
import type { TaskMoment } from '../tasks/living-task.js';
import type { Dialect } from './dialect.js';
import { drawTask } from './draw-task.js';
import { errorRepliesOf } from './error-replies.js';

/** An example of a task that the provider's tables know. */
type Example = Fixture & { readonly task: TaskData };

const FITS: Readonly<Record<TaskMoment['phase'], (task: TaskData) => boolean>> = {
  queued: ({ status }) => status === 'pending',
  running: ({ status }) => status === 'running',
  succeeded: ({ outcome }) => outcome === 'success',
  partial: ({ outcome }) => outcome === 'partial',
  failed: ({ outcome }) => outcome === 'failure',
  cancelled: ({ outcome }) => outcome === 'cancelled',
};

/** The dialect that a provider's description and fixtures tell: its tasks live in the forms of its examples. */
export function describedDialect(provider: Provider): Dialect {
  const fixtures = loadFixtures(provider.id);
  const examples = fixtures.filter(
    (fixture): fixture is Example => fixture.task !== undefined && isKnown(provider, fixture.task),
  );
  /** The first of the phase and type, else of the phase. */
  const exampleOf = (phase: TaskMoment['phase'], type?: string): Example | undefined => {
    const fitting = examples.filter(({ task }) => FITS[phase](task));
    return fitting.find(({ task }) => task.type === type) ?? fitting[0];
  };
  return {
    provider,
    paths: [provider.path],
    ids: idFormOf(fixtures[0]?.request.id ?? ''),
    defaultType: (outcome) => (exampleOf(outcome) ?? examples[0])?.task.type ?? '',
    outcomes: () => OUTCOMES.filter((outcome) => exampleOf(outcome) !== undefined),
    errorReplies: errorRepliesOf(fixtures, loadErrorFixtures(provider.id), !takesBearer(provider)),
    render(moment) {
      const { phase, task } = moment;
      // Not every service has a word for what waits, or for what runs.
      const other = phase === 'queued' ? 'running' : 'queued';
      const example = exampleOf(phase, task.type) ?? exampleOf(other, task.type);
      return example === undefined ? {} : drawTask(example, example.task, moment);
    },
  };
}

/** Whether it is no example of a word or a type that the service might have one day. */
function isKnown({ statuses, taskTypes }: Provider, { upstreamStatus, type }: TaskData): boolean {
  const types = Object.keys(taskTypes);
  return Object.hasOwn(statuses, upstreamStatus) && (types.length === 0 || types.includes(type ?? ''));
}
