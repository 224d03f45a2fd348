import { pause } from './backoff.js';
import type { BatchGetReply, Task, TaskView } from './generated/index.js';
import { anyOf, httpOf, readAs, unexpected } from './http.js';
import type { Credentials } from './http.js';
import { fileNameOf, isBatchGetReply, isTask } from './reply.js';
import { givenMembers, pathOf, readBaseUrl } from './request-url.js';
import type { TaskBatch, TaskLink, TaskReference, TaskWaiter } from './request-url.js';
import { sharedStreams } from './shared-stream.js';
import { statesOf } from './states.js';
import { transportsTo } from './transport.js';
import type { Transport } from './transport.js';
import { waitForTask } from './waiting.js';
import type { WaitContext, WaitOptions } from './waiting.js';

export interface TaskClientOptions {
  /** Where the gateway is, such as `https://tasks.example.com`; a path in it stays in front of every path. */
  readonly baseUrl: string;
  /** Sent with every request, such as `X-API-Key`; a function is asked each time, so that tokens can be renewed. */
  readonly headers?: Credentials | (() => Credentials | Promise<Credentials>);
  /** Longest silence, in milliseconds, until an answer has to be there. Default: 15 seconds, more than the gateway needs. */
  readonly answerMs?: number;
  /** The first way to wait that is tried; those after it are taken where it does not work. Default: `stream`. */
  readonly transport?: Transport;
  /** Longest time, in milliseconds, until a stream has to begin. Default: 5 seconds. */
  readonly firstByteMs?: number;
  /** Longest silence of a stream, in milliseconds. Default: 35 seconds, two heartbeats of the gateway and more. */
  readonly silenceMs?: number;
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

/** A task, and what its reply says beside it. */
export interface TaskWithResponse {
  readonly task: Task;
  /** Validator of this state. */
  readonly etag: string | null;
  /** Seconds since the upstream was asked; null where it was asked for this answer. */
  readonly age: number | null;
  /** Names the request in the logs of the gateway. */
  readonly requestId: string | null;
}

/**
 * A thin typed client of the gateway. Every method rejects with {@link ProblemError} for a lookup that failed, with
 * {@link ConnectionError} where no answer came, with {@link UnexpectedReplyError} where something else than a gateway
 * answered, and with the reason of its signal.
 */
export class TaskClient {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** Of functions, so that a client that is logged shows no credentials. */
  private readonly context: WaitContext;

  /** @throws TypeError for a `baseUrl` that no request can be sent to */
  constructor(options: TaskClientOptions) {
    const { sleep = pause, random = Math.random, transport = 'stream' } = options;
    const baseUrl = readBaseUrl(options.baseUrl);
    const { open, send } = httpOf(baseUrl, options);
    const transports = transportsTo(baseUrl, transport, random);
    const follow = sharedStreams({ ...options, open, sleep, transports });
    this.baseUrl = baseUrl;
    this.context = { send, follow, transports, sleep, random };
  }

  /** The task as it is now, whatever its state: a task that failed is an answer. */
  async getTask(ref: TaskReference | TaskLink, options: GetTaskOptions = {}): Promise<Task> {
    return (await this.getTaskWithResponse(ref, options)).task;
  }

  /** The task as it is now, and what its reply says beside it. */
  async getTaskWithResponse(
    ref: TaskReference | TaskLink,
    { signal, view, cacheControl }: GetTaskOptions = {},
  ): Promise<TaskWithResponse> {
    const sent: Credentials = cacheControl ? { 'cache-control': cacheControl } : {};
    const answer = await this.context.send(pathOf(ref, '', view), { signal, headers: sent });
    const { headers } = answer.reply;
    const age = headers.get('age');
    return {
      task: readAs(isTask, answer),
      etag: headers.get('etag'),
      age: age === null ? null : Number(age),
      requestId: headers.get('x-request-id'),
    };
  }

  /** Up to 100 tasks at once, each with its own task or problem, in the order of the request. */
  async batchGetTasks({ tasks, view }: TaskBatch, { signal }: RequestOptions = {}): Promise<BatchGetReply> {
    const body = JSON.stringify({ tasks: tasks.map(givenMembers), view });
    return readAs(isBatchGetReply, await this.context.send('/tasks/batch-get', { signal, body }));
  }

  /** The file that a finished task made, with its name and media type. */
  async getTaskArtifact(ref: TaskReference | TaskLink, { signal }: RequestOptions = {}): Promise<File> {
    const answer = await this.context.send(pathOf(ref, '/artifact'), { signal });
    const name = fileNameOf(answer.reply.headers.get('content-disposition'));
    // Every file of a gateway has a name; a page of something else has none.
    if (name === null) throw unexpected(answer);
    return new File([answer.bytes], name, { type: answer.reply.headers.get('content-type') ?? '' });
  }

  /**
   * Resolves with the task once it is done: by a stream that all waits of this client share, by long polls, or by asking at
   * the pace that the gateway names, whichever works. What has not changed is not sent again. Lookups that can succeed
   * later and lost connections are repeated, after a pause that the gateway names or with full jitter.
   */
  waitForTask(waiter: TaskWaiter, options: WaitOptions = {}): Promise<Task> {
    return waitForTask(this.context, waiter, options);
  }

  /**
   * States of one task or of several, as {@link waitForTask} sees them, until all are done: the first unless it has the
   * version of its waiter, then each that differs. Of those that come while the loop is busy only the newest is kept.
   */
  watch(
    waiters: TaskWaiter | readonly TaskWaiter[],
    options: Omit<WaitOptions, 'onUpdate'> = {},
  ): AsyncGenerator<Task, void, undefined> {
    return statesOf(
      [waiters].flat().map((waiter) => (onUpdate, leaving) => {
        const signal = anyOf(leaving, options.signal);
        return this.waitForTask(waiter, { ...options, signal, onUpdate });
      }),
    );
  }
}
