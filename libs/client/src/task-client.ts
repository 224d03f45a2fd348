import { GatewayProblem } from './gateway-problem.js';
import type { BatchGetReply, BatchGetRequest, GetTaskData, Task } from './generated/index.js';

/** What names a task: provider, id, and whatever of its scope has no configured default. */
export type TaskName = GetTaskData['path'] & NonNullable<GetTaskData['query']>;

export interface TaskClientOptions {
  /** Origin of the gateway, such as `https://tasks.example.com`. */
  readonly baseUrl: string;
  /** Sent with every request: a cloud token as `X-Auth-Token`, for example. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof globalThis.fetch;
  /** Waits; milliseconds. Rejects with the signal's reason. Tests replace it. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** A thin typed client of the gateway. Every method throws {@link GatewayProblem} for a lookup that failed. */
export class TaskClient {
  private readonly fetch: typeof globalThis.fetch;
  private readonly sleep: NonNullable<TaskClientOptions['sleep']>;

  constructor(private readonly options: TaskClientOptions) {
    this.fetch = options.fetch ?? globalThis.fetch;
    this.sleep = options.sleep ?? sleep;
  }

  /** The task as it is now, whatever its state. */
  async getTask(name: TaskName, signal?: AbortSignal): Promise<Task> {
    const reply = await this.ask(pathOf(name), { signal });
    return (await reply.json()) as Task;
  }

  /**
   * Asks until the task is done, at the pace that the gateway names. Failed lookups that can pass are waited out, up to
   * `patience` in a row; a task that failed is an answer, not an error.
   */
  async waitForTask(
    name: TaskName,
    { signal, patience = 5 }: { signal?: AbortSignal; patience?: number } = {},
  ): Promise<Task> {
    for (let failures = 0; ;) {
      let pauseSeconds: number;
      try {
        const task = await this.getTask(name, signal);
        if (task.done) return task;
        failures = 0;
        pauseSeconds = task.pollAfterSeconds ?? 1;
      } catch (error) {
        failures += 1;
        if (!(error instanceof GatewayProblem) || !error.problem.retryable || failures > patience) throw error;
        pauseSeconds = error.problem.retryAfterSeconds ?? Math.min(30, 2 ** failures);
      }
      await this.sleep(pauseSeconds * 1000, signal);
    }
  }

  /** The file that a finished task made, unread. */
  getArtifact({ view: _view, ...name }: TaskName, signal?: AbortSignal): Promise<Response> {
    return this.ask(pathOf(name, '/artifact'), { signal });
  }

  /** Up to 100 tasks at once, each with its own task or problem. */
  async batchGet(request: BatchGetRequest, signal?: AbortSignal): Promise<BatchGetReply> {
    const reply = await this.ask('/tasks/batch-get', {
      signal,
      method: 'POST',
      body: JSON.stringify(request),
      headers: { 'content-type': 'application/json' },
    });
    return (await reply.json()) as BatchGetReply;
  }

  private async ask(
    path: string,
    init: { signal: AbortSignal | undefined; method?: string; body?: string; headers?: Record<string, string> },
  ): Promise<Response> {
    const { signal, ...rest } = init;
    const headers = { ...this.options.headers, ...init.headers };
    const reply = await this.fetch(new URL(path, this.options.baseUrl), { ...rest, headers, signal: signal ?? null });
    if (!reply.ok) throw await GatewayProblem.from(reply);
    return reply;
  }
}

function pathOf({ provider, id, ...query }: TaskName, suffix = ''): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const search = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
  return `/tasks/${encodeURIComponent(provider)}/${encodeURIComponent(id)}${suffix}${search}`;
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason as Error);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
