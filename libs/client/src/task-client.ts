import type { BatchGetReply, BatchGetRequest, Task, TaskReference, TaskView } from './generated/index.js';
import { backoffMs, pause } from './pause.js';
import { ConnectionError, ProblemError, retryAfterOf } from './problem-error.js';

type Credentials = Readonly<Record<string, string>>;

export interface TaskClientOptions {
  /** Where the gateway is, such as `https://tasks.example.com`; a path in it stays in front of every path. */
  readonly baseUrl: string;
  /** Sent with every request, such as `X-API-Key`; a function is asked each time, so that tokens can be renewed. */
  readonly headers?: Credentials | (() => Credentials | Promise<Credentials>);
  /** Longest silence, in milliseconds, until an answer has to be there. Default: 15 seconds, more than the gateway needs. */
  readonly answerMs?: number;
  readonly fetch?: typeof globalThis.fetch;
  /** Waits; tests replace it. */
  readonly sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** 0 to 1, for jitter; tests replace it. */
  readonly random?: () => number;
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface GetTaskOptions extends RequestOptions {
  /** `basic` empties result, parameters and children. */
  readonly view?: TaskView | undefined;
  /** `no-cache` asks the upstream, whatever is remembered. */
  readonly cacheControl?: string | undefined;
}

export interface WaitOptions extends RequestOptions {
  readonly view?: TaskView | undefined;
  /** Called with the first state, and with every one that differs from the last. */
  readonly onUpdate?: ((task: Task) => void) | undefined;
  /** Rejects with a `TimeoutError` (DOMException) after this time; milliseconds. Default: never. */
  readonly timeoutMs?: number | undefined;
  /** Lookups in a row that may fail before the wait does. Default: 10, which outlasts most restarts. */
  readonly patience?: number | undefined;
}

/** How to ask, besides what to ask for. */
interface Asking {
  readonly signal: AbortSignal | undefined;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Credentials;
}

/**
 * A thin typed client of the gateway. Every method rejects with {@link ProblemError} for a lookup that failed, with
 * {@link ConnectionError} where no answer came, and with the reason of its signal.
 */
export class TaskClient {
  readonly #options: TaskClientOptions;
  readonly #sleep: NonNullable<TaskClientOptions['sleep']>;
  readonly #random: () => number;

  constructor(options: TaskClientOptions) {
    this.#options = options;
    this.#sleep = options.sleep ?? pause;
    this.#random = options.random ?? Math.random;
  }

  /** The task as it is now, whatever its state: a task that failed is an answer. */
  async getTask(ref: TaskReference, { signal, view, cacheControl }: GetTaskOptions = {}): Promise<Task> {
    const headers: Credentials = cacheControl === undefined ? {} : { 'cache-control': cacheControl };
    return (await this.#ask<Task>(pathOf(ref, '', view), { signal, headers })).body;
  }

  /** Up to 100 tasks at once, each with its own task or problem, in the order of the request. */
  async batchGetTasks(request: BatchGetRequest, { signal }: RequestOptions = {}): Promise<BatchGetReply> {
    const asking = {
      signal,
      method: 'POST',
      body: JSON.stringify(request),
      headers: { 'content-type': 'application/json' },
    };
    return (await this.#ask<BatchGetReply>('/tasks/batch-get', asking)).body;
  }

  /** The file that a finished task made. */
  async getTaskArtifact(ref: TaskReference, { signal }: RequestOptions = {}): Promise<Blob> {
    return (await this.#ask(pathOf(ref, '/artifact'), { signal }, (reply) => reply.blob())).body;
  }

  /**
   * Asks until the task is done, at the pace that the gateway names; what has not changed is not sent again. Lookups
   * that can succeed later and lost connections are repeated, after a pause that the gateway names or with full jitter.
   */
  async waitForTask(ref: TaskReference, options: WaitOptions = {}): Promise<Task> {
    const { onUpdate, timeoutMs, patience = 10, view } = options;
    const limits = [options.signal, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)];
    const signal = AbortSignal.any(limits.filter((limit) => limit !== undefined));
    const path = pathOf(ref, '', view);
    let known: { readonly task: Task; readonly etag: string | null } | undefined;
    for (let failures = 0; ;) {
      let waitMs: number;
      try {
        const headers = known === undefined ? {} : unlessKnown(known.etag);
        const { body, reply } = await this.#ask<Task>(path, { signal, headers });
        failures = 0;
        if (reply.status !== 304 || known === undefined) {
          const changed = known?.task.version !== body.version;
          known = { task: body, etag: reply.headers.get('etag') };
          if (changed) onUpdate?.(body);
        }
        if (known.task.done) return known.task;
        waitMs = 1000 * (retryAfterOf(reply.headers) ?? known.task.pollAfterSeconds ?? 1);
      } catch (error) {
        if (!canPass(error) || failures >= patience) throw error;
        const seconds = error instanceof ProblemError ? error.retryAfterSeconds : null;
        waitMs = seconds === null ? backoffMs(failures, this.#random) : 1000 * seconds;
        failures += 1;
      }
      await this.#sleep(waitMs, signal);
    }
  }

  /** @param read what of the body is wanted */
  async #ask<T>(
    path: string,
    { signal, headers, ...init }: Asking,
    read: (reply: Response) => Promise<T> = (reply) => reply.json() as Promise<T>,
  ): Promise<{ readonly body: T; readonly reply: Response }> {
    signal?.throwIfAborted();
    const { baseUrl, answerMs = 15_000, headers: credentials, fetch = globalThis.fetch } = this.#options;
    const own = typeof credentials === 'function' ? await credentials() : credentials;
    const silence = AbortSignal.timeout(answerMs);
    try {
      const reply = await fetch(baseUrl.replace(/\/+$/, '') + path, {
        ...init,
        headers: { ...own, ...headers },
        signal: signal === undefined ? silence : AbortSignal.any([signal, silence]),
        // A redirect would take credentials to another origin; cookies are nobody's business here.
        redirect: 'error',
        credentials: 'omit',
      });
      if (reply.status === 304) return { body: undefined as T, reply };
      if (!reply.ok) throw await ProblemError.from(reply);
      return { body: await read(reply), reply };
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      signal?.throwIfAborted();
      throw new ConnectionError('no whole answer arrived', { cause: error });
    }
  }
}

/** With a validator, browsers add `max-age=0` unless an age is named: every look would reach the upstream. */
function unlessKnown(etag: string | null): Credentials {
  return etag === null ? {} : { 'if-none-match': etag, 'cache-control': 'max-age=31536000' };
}

function canPass(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof ProblemError && error.retryable);
}

function pathOf({ provider, id, ...scope }: TaskReference, suffix: string, view?: TaskView): string {
  const given = Object.entries({ ...scope, view }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const search = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
  return `/tasks/${encodeURIComponent(provider)}/${encodeURIComponent(id)}${suffix}${search}`;
}
