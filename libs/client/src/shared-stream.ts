import { readStream, SILENCE_MS } from './event-stream.js';
import type { StreamItem, StreamLimits } from './event-stream.js';
import type { Task, TaskView } from './generated/index.js';
import type { Http } from './http.js';
import { isTask } from './reply.js';
import type { TaskReference } from './request-url.js';
import type { Transports } from './transport.js';

/** Tasks of one stream, as the gateway takes them. */
const MOST_TASKS = 100;
/** For how long those who come and go are gathered: each change of an open stream takes a new request. */
const GATHER_MS = 100;
/** How long a stream is kept at least once it has begun: else it never brings anything where somebody comes again and again. */
const KEEP_MS = 1000;

/** Why a stream is closed from this side. */
const CHANGED = 'changed';

/** A state of a task, with its validator. */
export interface TaskState {
  readonly task: Task;
  readonly etag: string | null;
}

/** One wait. */
export interface Follower {
  readonly given: TaskReference;
  readonly view: TaskView;
  /** The state that it knows: not sent again. */
  readonly known: TaskState;
  /** Called with each state, perhaps also with one that is known. */
  readonly onUpdate: (state: TaskState) => void;
  readonly signal: AbortSignal;
}

export interface StreamOptions extends StreamLimits {
  readonly open: Http['open'];
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly transports: Transports;
}

interface Entry {
  readonly given: Follower['given'];
  /** The last one. */
  known: TaskState;
  /** While lookups fail, of which the stream tells once: after a silence their waits look themselves. */
  failing?: ReturnType<typeof setTimeout> | undefined;
  /** What tells each wait of a state, and what makes it go on by itself: `mayStream` says whether it may come again. */
  readonly waits: Map<(state: TaskState) => void, (mayStream: boolean) => void>;
}

/** Tasks that share a stream. */
interface Batch {
  readonly view: TaskView;
  readonly entries: Map<string, Entry>;
  /** To be called after others than those of the gateway's own knowledge have come or gone. */
  readonly onChange: () => void;
}

/**
 * Streams that the waits of one client share: one for each view and hundred tasks.
 * @returns what makes a wait follow its task: resolves when the task is done, or when the wait has to go on without the
 * stream, false if for good; rejects with what `onUpdate` throws, and with the reason of the signal
 */
export function sharedStreams(options: StreamOptions): (follower: Follower) => Promise<boolean> {
  const batches = new Set<Batch>();

  return ({ given, view, known, onUpdate, signal }) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const key = keyOf(given);
      const { entries, onChange } =
        [...batches].find((open) => open.view === view && (open.entries.has(key) || open.entries.size < MOST_TASKS)) ??
        openBatch(view, options, batches);
      const entry: Entry = entries.get(key) ?? { given, known, waits: new Map() };
      const { waits } = entry;

      const leave = (): void => {
        waits.delete(tell);
        signal.removeEventListener('abort', fail);
        if (waits.size > 0) return;
        clearTimeout(entry.failing);
        // Otherwise the gateway has dropped it as well.
        if (entries.get(key) === entry) {
          entries.delete(key);
          onChange();
        }
      };
      const fail = (): void => {
        leave();
        reject(signal.reason as Error);
      };
      const goOn = (mayStream: boolean): void => {
        leave();
        resolve(mayStream);
      };
      const tell = (state: TaskState): void => {
        try {
          onUpdate(state);
          if (state.task.done) goOn(true);
        } catch (error) {
          leave();
          reject(error);
        }
      };

      waits.set(tell, goOn);
      signal.addEventListener('abort', fail);
      if (entries.has(key)) {
        // What others have heard already, unless its own look was later.
        if (!(entry.known.task.observedAt < known.task.observedAt)) tell(entry.known);
      } else {
        entries.set(key, entry);
        onChange();
      }
    });
}

function openBatch(view: TaskView, options: StreamOptions, batches: Set<Batch>): Batch {
  const { open, sleep, transports, silenceMs = SILENCE_MS } = options;
  const entries: Batch['entries'] = new Map();
  /** Of the open stream, or of the pause before the next. */
  let current = new AbortController();
  let gathering: ReturnType<typeof setTimeout> | undefined;
  /** Epoch milliseconds. */
  let begunAt = 0;

  /** Leaves those who are left to themselves. */
  const disband = (mayStream: boolean): void => {
    batches.delete(batch);
    clearTimeout(gathering);
    current.abort(CHANGED);
    for (const entry of entries.values()) release(entry, mayStream);
  };
  const onChange = (): void => {
    if (entries.size === 0) disband(true);
    else gathering ??= setTimeout(replace, GATHER_MS);
  };
  const replace = (): void => {
    if (Date.now() - begunAt < KEEP_MS) gathering = setTimeout(replace, GATHER_MS);
    else current.abort(CHANGED);
  };

  const onItem = (item: StreamItem): void => {
    const { kind, ref, task, problem } = item;
    const key = keyOf(ref ?? {});
    const entry = entries.get(key);
    // Others are of a later gateway.
    if (!entry || (kind !== 'task' && kind !== 'problem')) return;
    // What is over the gateway has dropped as well: those who are left need no new request.
    if (isTask(task)) {
      clearTimeout(entry.failing);
      entry.failing = undefined;
      entry.known = item as TaskState;
      if (task.done) entries.delete(key);
      for (const tell of entry.waits.keys()) tell(entry.known);
    } else if (problem?.retryable) entry.failing ??= setTimeout(release, silenceMs, entry, true);
    else {
      // Malformed ones as well: the problem is thrown by their own lookup, if that meets it, too.
      entries.delete(key);
      release(entry, false);
    }
    if (entries.size === 0) disband(true);
  };

  const run = async (): Promise<void> => {
    // Whoever begins now comes along.
    await new Promise((resolve) => setTimeout(resolve));
    while (batches.has(batch)) {
      clearTimeout(gathering);
      gathering = undefined;
      current = new AbortController();
      const tasks = Array.from(entries.values(), ({ given, known }) => ({ ...given, version: known.task.version }));
      const body = JSON.stringify({ tasks, view });
      begunAt = Infinity;
      const begin = (signal: AbortSignal): Promise<Response> =>
        open(body, signal).finally(() => (begunAt = Date.now()));
      const end = await readStream(begin, options, current, onItem);
      // Also where the gateway was through with those that it knew of.
      if (end.reason === CHANGED || gathering !== undefined) continue;
      const next = transports.streamEnded(end);
      if (typeof next === 'boolean') return disband(next);
      current = new AbortController();
      await sleep(next, current.signal).catch(() => undefined);
    }
  };
  const batch = { view, entries, onChange };
  batches.add(batch);
  void run();
  return batch;
}

function release({ waits }: Entry, mayStream: boolean): void {
  for (const goOn of waits.values()) goOn(mayStream);
}

/** Whichever way the reference is written: null as left out. */
function keyOf({ provider, id, region, projectId, instanceId }: Partial<TaskReference>): string {
  return JSON.stringify([provider, id, region, projectId, instanceId]);
}
