import { backoffMs, LONGEST_MS } from './backoff.js';
import { isTransient, WaitTimeoutError } from './errors.js';
import type { ProblemError } from './errors.js';
import type { Task, TaskView } from './generated/index.js';
import { anyOf, readAs } from './http.js';
import type { Answer, Http } from './http.js';
import { isTask, retryAfterOf } from './reply.js';
import { givenMembers, pathOf } from './request-url.js';
import type { TaskWaiter } from './request-url.js';
import type { Follower, TaskState } from './shared-stream.js';
import type { Transports } from './transport.js';

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  readonly view?: TaskView | undefined;
  /** Called with the first state, unless it has the version that the wait began with, and with every one that differs from the last. */
  readonly onUpdate?: ((task: Task) => void) | undefined;
  /** Rejects with a {@link WaitTimeoutError} after this time; milliseconds, up to 23 days. Default and above: never. */
  readonly timeoutMs?: number | undefined;
  /**
   * Lookups of this client in a row that may fail before the wait does. Default: 10, which outlasts most restarts. While a
   * stream tells that the gateway's own lookups fail, there is one every 30 seconds.
   */
  readonly patience?: number | undefined;
}

/** What a wait needs of its client. */
export interface WaitContext {
  readonly send: Http['send'];
  readonly follow: (follower: Follower) => Promise<boolean>;
  readonly transports: Transports;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

/** As long as the gateway waits at most, and less than proxies do. */
const LONG_POLL_MS = 50_000;
/** The same, in seconds. */
const PREFER = { prefer: 'wait=50' };
/** A long poll that brought nothing new in less was not waited for. */
const AT_ONCE_MS = 1000;
/** Of answers in a row: where gateways of two releases take turns, each has another version of the same state. */
const MOST_HASTY = 9;

/** Waits by whichever way works, and looks by itself in between. */
export async function waitForTask(
  { send, follow, transports, sleep, random }: WaitContext,
  waiter: TaskWaiter,
  { signal: outer, onUpdate, timeoutMs = Infinity, patience = 10, view }: WaitOptions,
): Promise<Task> {
  const limit = timeoutMs < LONGEST_MS ? AbortSignal.timeout(Math.max(0, Math.ceil(timeoutMs))) : undefined;
  const signal = anyOf(limit, outer);
  const path = pathOf(waiter, '', view);
  const given = givenMembers(waiter);
  // Said so, because it is set where the compiler does not look.
  let known = null as TaskState | null;
  let { version } = waiter;
  /** Answers in a row that came at once. */
  let hasty = 0;
  let isLong = false;
  const onState = (state: TaskState): void => {
    known = state;
    if (version === state.task.version) return;
    version = state.task.version;
    onUpdate?.(state.task);
  };

  /** @returns milliseconds until the next look, should it be another one */
  const look = async (mayBeLong: boolean): Promise<number> => {
    const before = known;
    const etag = before?.etag;
    const askedAt = Date.now();
    isLong = mayBeLong && !!etag && transports.mayLongPoll();
    // With a validator, browsers add `max-age=0` unless an age is named: every look would reach the upstream.
    const conditional = etag && { 'if-none-match': etag, 'cache-control': 'max-age=31536000' };
    const headers = { ...conditional, ...(isLong && PREFER) };
    const ask = (): Promise<Answer> => send(path, { signal, waitMs: isLong ? LONG_POLL_MS : 0, headers });
    const answer = await (isLong ? transports.longPoll(ask) : ask());
    const { status, headers: told } = answer.reply;
    if (status !== 304 || before === null) onState({ task: readAs(isTask, answer), etag: told.get('etag') });
    hasty = Date.now() - askedAt < AT_ONCE_MS ? hasty + 1 : 0;
    const isNews = hasty === 0 || (hasty < MOST_HASTY && before?.task.version !== version);
    // What follows can wait itself: a long poll that did, or the first one.
    if (isLong ? told.has('preference-applied') && isNews : known?.etag && transports.mayLongPoll()) return 0;
    return 1000 * Math.max(1, retryAfterOf(told) ?? known?.task.pollAfterSeconds ?? 1);
  };

  let isApart = false;
  const mayStream = (): boolean => !isApart && transports.mayStream();
  try {
    for (let failures = 0, delayMs = 0; ;) {
      try {
        // Not before a lookup, which nothing between here and the gateway delays.
        if (known !== null && failures === 0 && mayStream()) {
          isApart = !(await follow({ given, view: view ?? 'full', known, onUpdate: onState, signal }));
          if (known.task.done) return known.task;
        }
        if (delayMs > 0) await sleep(delayMs, signal);
        delayMs = await look(failures === 0 && !mayStream());
        failures = 0;
        if (known?.task.done) return known.task;
      } catch (error) {
        const failed = error as Partial<ProblemError> | null;
        // Credentials that end during a long poll may have been renewed.
        const isWorthIt = isTransient(error) || (isLong && failed?.status === 401);
        if (!isWorthIt || failures >= patience) throw error;
        delayMs = Math.max(backoffMs(failures, random), 1000 * (failed?.retryAfterSeconds ?? 0));
        failures += 1;
      }
    }
  } catch (error) {
    throw limit && error === limit.reason ? new WaitTimeoutError(timeoutMs, known?.task ?? null) : error;
  }
}
