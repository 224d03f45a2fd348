import { backoffMs, pause } from './backoff.js';
import { ConnectionError, ProblemError, UnexpectedReplyError, WaitTimeoutError } from './errors.js';
import type { BatchGetReply, Task, TaskView } from './generated/index.js';
import { excerptOf, fileNameOf, isBatchGetReply, isTask, readJson, retryAfterOf } from './reply.js';
import { givenMembers, pathOf, readBaseUrl } from './request-url.js';
import type { TaskBatch, TaskReference } from './request-url.js';

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
  /** Rejects with a {@link WaitTimeoutError} after this time; milliseconds. Default: never. */
  readonly timeoutMs?: number | undefined;
  /** Lookups in a row that may fail before the wait does. Default: 10, which outlasts most restarts. */
  readonly patience?: number | undefined;
}

const NEVER_ABORTED = new AbortController().signal;

interface SendOptions {
  readonly signal: AbortSignal | undefined;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Credentials;
}

interface Answer {
  readonly url: string;
  readonly reply: Response;
  readonly bytes: ArrayBuffer;
}

/**
 * A thin typed client of the gateway. Every method rejects with {@link ProblemError} for a lookup that failed, with
 * {@link ConnectionError} where no answer came, with {@link UnexpectedReplyError} where something else than a gateway
 * answered, and with the reason of its signal.
 */
export class TaskClient {
  private readonly baseUrl: string;
  /** A function, so that a client that is logged shows no credentials. */
  private readonly credentials: () => Credentials | Promise<Credentials>;
  private readonly options: Omit<TaskClientOptions, 'baseUrl' | 'headers'>;

  /** @throws TypeError for a `baseUrl` that no request can be sent to */
  constructor({ baseUrl, headers = {}, ...options }: TaskClientOptions) {
    this.baseUrl = readBaseUrl(baseUrl);
    this.credentials = typeof headers === 'function' ? headers : () => headers;
    this.options = options;
  }

  /** The task as it is now, whatever its state: a task that failed is an answer. */
  async getTask(ref: TaskReference, { signal, view, cacheControl }: GetTaskOptions = {}): Promise<Task> {
    const headers: Credentials = cacheControl === undefined ? {} : { 'cache-control': cacheControl };
    const url = this.baseUrl + pathOf(ref, '', view);
    return readAs(isTask, await this.send(url, { signal, headers }));
  }

  /** Up to 100 tasks at once, each with its own task or problem, in the order of the request. */
  async batchGetTasks({ tasks, view }: TaskBatch, { signal }: RequestOptions = {}): Promise<BatchGetReply> {
    const body = JSON.stringify({ tasks: tasks.map(givenMembers), view });
    const headers = { 'content-type': 'application/json' };
    const url = `${this.baseUrl}/tasks/batch-get`;
    return readAs(isBatchGetReply, await this.send(url, { signal, method: 'POST', body, headers }));
  }

  /** The file that a finished task made, with its name and media type. */
  async getTaskArtifact(ref: TaskReference, { signal }: RequestOptions = {}): Promise<File> {
    const answer = await this.send(this.baseUrl + pathOf(ref, '/artifact'), { signal });
    const name = fileNameOf(answer.reply.headers.get('content-disposition'));
    // Every file of a gateway has a name; a page of something else has none.
    if (name === null) throw unexpected(answer);
    return new File([answer.bytes], name, { type: answer.reply.headers.get('content-type') ?? '' });
  }

  /**
   * Asks until the task is done, at the pace that the gateway names; what has not changed is not sent again. Lookups
   * that can succeed later and lost connections are repeated, after a pause that the gateway names or with full jitter.
   */
  async waitForTask(ref: TaskReference, options: WaitOptions = {}): Promise<Task> {
    const { timeoutMs } = options;
    if (timeoutMs === undefined) return this.wait(ref, options);
    const limit = AbortSignal.timeout(timeoutMs);
    const signal = options.signal === undefined ? limit : AbortSignal.any([options.signal, limit]);
    let last: Task | null = null;
    const onUpdate = (task: Task): void => {
      last = task;
      options.onUpdate?.(task);
    };
    return this.wait(ref, { ...options, signal, onUpdate }).catch((error: unknown) => {
      throw limit.aborted && error === limit.reason ? new WaitTimeoutError(timeoutMs, last) : error;
    });
  }

  private async wait(ref: TaskReference, { signal, onUpdate, patience = 10, view }: WaitOptions): Promise<Task> {
    const { sleep = pause, random = Math.random } = this.options;
    const url = this.baseUrl + pathOf(ref, '', view);
    let known: { readonly task: Task; readonly etag: string | null } | undefined;
    for (let failures = 0; ;) {
      let waitMs: number;
      try {
        const answer = await this.send(url, { signal, headers: unlessKnown(known?.etag ?? null) });
        failures = 0;
        if (answer.reply.status !== 304 || known === undefined) {
          const task = readAs(isTask, answer);
          const changed = known?.task.version !== task.version;
          known = { task, etag: answer.reply.headers.get('etag') };
          if (changed) onUpdate?.(task);
        }
        if (known.task.done) return known.task;
        waitMs = 1000 * (retryAfterOf(answer.reply.headers) ?? known.task.pollAfterSeconds ?? 1);
      } catch (error) {
        if (!isTransient(error) || failures >= patience) throw error;
        const seconds = error instanceof ProblemError ? error.retryAfterSeconds : null;
        waitMs = seconds === null ? backoffMs(failures, random) : 1000 * seconds;
        failures += 1;
      }
      await sleep(waitMs, signal ?? NEVER_ABORTED);
    }
  }

  /** @returns a reply whose status says that it is an answer, or that there is nothing new */
  private async send(url: string, { signal, headers, ...init }: SendOptions): Promise<Answer> {
    signal?.throwIfAborted();
    const { answerMs = 15_000, fetch = globalThis.fetch } = this.options;
    const own = await this.credentials();
    const silence = AbortSignal.timeout(answerMs);
    try {
      const reply = await fetch(url, {
        ...init,
        headers: { ...own, ...headers },
        signal: signal === undefined ? silence : AbortSignal.any([signal, silence]),
        // Followed, it would take credentials to another origin; cookies are nobody's business here.
        redirect: 'manual',
        credentials: 'omit',
      });
      const answer = { url, reply, bytes: await reply.arrayBuffer() };
      if (reply.ok || (reply.status === 304 && headers?.['if-none-match'] !== undefined)) return answer;
      throw reply.status < 400 ? unexpected(answer) : ProblemError.from(reply, textOf(answer));
    } catch (error) {
      if (error instanceof ProblemError || error instanceof UnexpectedReplyError) throw error;
      signal?.throwIfAborted();
      throw new ConnectionError(`no whole answer arrived from ${withoutQuery(url)}`, { cause: error });
    }
  }
}

/** With a validator, browsers add `max-age=0` unless an age is named: every look would reach the upstream. */
function unlessKnown(etag: string | null): Credentials {
  return etag === null ? {} : { 'if-none-match': etag, 'cache-control': 'max-age=31536000' };
}

function isTransient(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof ProblemError && error.retryable);
}

function textOf({ bytes }: Answer): string {
  return new TextDecoder().decode(bytes);
}

function readAs<T>(isRight: (value: unknown) => value is T, answer: Answer): T {
  const value = readJson(textOf(answer));
  if (isRight(value)) return value;
  throw unexpected(answer);
}

function unexpected(answer: Answer): UnexpectedReplyError {
  const { url, reply } = answer;
  const isRedirect = reply.type === 'opaqueredirect' || (reply.status >= 300 && reply.status < 400);
  const found = isRedirect
    ? `a redirect to ${reply.headers.get('location') ?? 'somewhere else'}`
    : excerptOf(reply, textOf(answer));
  return new UnexpectedReplyError(withoutQuery(url), reply.status, found);
}

function withoutQuery(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
