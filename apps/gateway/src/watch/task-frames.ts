import { problemDocument } from '@gateway/problems';
import type { Problem, ProblemContext } from '@gateway/problems';
import type { TaskAddress, TaskView } from '@gateway/tasks';
import { PIECE_LENGTH } from '../http/hooks.js';
import { bodyIn, etagOf } from '../tasks/task-reply.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import type { TaskReference } from '../tasks/task-resolver.js';
import type { FramePart } from './frame.js';

const SCOPE = ['region', 'projectId', 'instanceId'] as const;

/** How a task was named: a bit for each part of the scope that was given as the address has it; else the JSON of the reference. */
export type GivenReference = number | string;

/** @param address null where the reference names none */
export function givenReference(reference: TaskReference, address: TaskAddress | null): GivenReference {
  const { provider, id, region, projectId, instanceId } = reference;
  const asGiven = () => JSON.stringify({ provider, id, region, projectId, instanceId });
  if (address === null) return asGiven();
  let bits = 0;
  for (const [place, member] of SCOPE.entries()) {
    if (reference[member] === undefined) continue;
    // A part that the provider does not use.
    if (reference[member] !== address[member]) return asGiven();
    bits += 2 ** place;
  }
  return bits;
}

/** The reference as it was given, as JSON. */
export function writeReference(address: TaskAddress | null, given: GivenReference): string {
  if (typeof given === 'string' || address === null) return String(given);
  const { provider, id } = address;
  const scope = SCOPE.filter((_, place) => (given & (2 ** place)) !== 0).map((member) => [member, address[member]]);
  return JSON.stringify({ provider, id, ...Object.fromEntries(scope) });
}

/** Bytes that are made once for all who read the same, by what is stored. */
const shared = new WeakMap<object, Map<number | TaskView, Buffer>>();

function sharedBytes(answer: TaskAnswer, name: number | TaskView, write: () => string): Buffer {
  const stored = answer.entry ?? answer;
  let all = shared.get(stored);
  if (all === undefined) shared.set(stored, (all = new Map()));
  let bytes = all.get(name);
  if (bytes === undefined) all.set(name, (bytes = ownBytes(write())));
  return bytes;
}

/** Not from Node's pool, of which a small text would keep 64 KB for as long as it is shared. */
function ownBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

/**
 * The event of one task. Alone in its stream it has an id, and readers who named the task alike share all of it; among
 * others, who come in many selections, and where a part was named that is of no use, they share the task.
 */
export function taskFrame(
  answer: TaskAnswer,
  view: TaskView,
  address: TaskAddress | null,
  given: GivenReference,
  isAlone: boolean,
): readonly FramePart[] {
  const begin = (): string => {
    const id = isAlone ? `id: ${answer.version}\n` : '';
    const etag = JSON.stringify(etagOf(answer.version, view));
    const ref = writeReference(address, given);
    return `${id}event: task\ndata: {"kind":"task","ref":${ref},"status":200,"etag":${etag},"task":`;
  };
  const end = '}\n\n';
  // As long as what is stored: the stream cuts it, and keeps no second one.
  if (answer.body.length > PIECE_LENGTH) return [begin(), bodyIn(view, answer), end];
  // Callers choose such texts: kept by them, they would fill the memory for as long as the task is stored.
  if (!isAlone || typeof given === 'string')
    return [begin(), sharedBytes(answer, view, () => bodyIn(view, answer) + end)];
  const name = view === 'full' ? given + FULL : given;
  return [sharedBytes(answer, name, () => begin() + bodyIn(view, answer) + end)];
}

/** Above all bits of a {@link GivenReference}. */
const FULL = 2 ** SCOPE.length;

/** The event of a lookup that failed. */
export function problemFrame(problem: Problem, ref: string, context: ProblemContext): string {
  const document = JSON.stringify(problemDocument(problem, context));
  return `event: problem\ndata: {"kind":"problem","ref":${ref},"status":${problem.status},"problem":${document}}\n\n`;
}
