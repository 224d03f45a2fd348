import { Injectable } from '@nestjs/common';
import { problemOf } from '@gateway/problems';
import type { Problem } from '@gateway/problems';
import type { TaskView } from '@gateway/tasks';
import { UpstreamFault } from '@gateway/upstream';
import type { Caller } from '../access/caller.js';
import { GatewayConfig } from '../config/gateway-config.js';
import type { TaskReferenceDto } from './batch-get.dto.js';
import type { CacheDirectives } from './cache-directives.js';
import { Lanes } from './lanes.js';
import { etagOf } from './present-task.js';
import { bodyIn } from './task-answer.js';
import type { TaskAnswer } from './task-answer.js';
import { TaskReferences } from './task-reference.js';
import type { NamedTask } from './task-reference.js';
import { TasksService } from './tasks.service.js';
import { upstreamProblem } from './upstream-problem.js';

export type BatchItem =
  /** `body` is the Task as JSON. */
  | { readonly status: 200; readonly etag: string; readonly body: string }
  | { readonly status: number; readonly problem: Problem };

/** Lookups of one batch under way at once with one provider in one region: a batch alone never fills its places. */
const PARALLEL = 16;

/** What all items of a batch have in common. */
interface Batch {
  readonly view: TaskView;
  readonly caller: Caller;
  readonly directives: CacheDirectives;
  /** Aborts when the caller has gone, or the time is over. */
  readonly signal: AbortSignal;
  readonly lanes: Lanes;
}

/** Answers about many tasks at once: one deadline for all, and each item stands alone. */
@Injectable()
export class BatchGetService {
  constructor(
    private readonly config: GatewayConfig,
    private readonly references: TaskReferences,
    private readonly tasks: TasksService,
  ) {}

  /** In request order; the same task named twice is asked for once. */
  async find(
    references: readonly TaskReferenceDto[],
    view: TaskView,
    caller: Caller,
    directives: CacheDirectives,
    signal: AbortSignal,
  ): Promise<readonly BatchItem[]> {
    const deadline = new AbortController();
    const expire = (): void =>
      deadline.abort(new UpstreamFault({ problem: 'upstream-timeout', detail: 'The batch ran out of time.' }));
    const leave = (): void => deadline.abort(signal.reason);
    const timer = setTimeout(expire, this.config.upstream.requestMs);
    signal.addEventListener('abort', leave, { once: true });
    try {
      const batch = { view, caller, directives, signal: deadline.signal, lanes: new Lanes(PARALLEL) };
      const wanted = new Map(references.map((reference) => [nameOf(reference), reference]));
      const found = new Map<string, BatchItem>();
      const findNamed = async ([name, reference]: [string, TaskReferenceDto]): Promise<void> =>
        void found.set(name, await this.findOne(reference, batch));
      await Promise.all([...wanted].map(findNamed));
      signal.throwIfAborted();
      return references.map((reference) => found.get(nameOf(reference)) as BatchItem);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    }
  }

  private async findOne(reference: TaskReferenceDto, batch: Batch): Promise<BatchItem> {
    try {
      const named = this.references.complete(reference, []);
      // What is stored needs no place among the questions.
      const answer =
        (await this.recall(named, batch)) ??
        (await batch.lanes.run(`${named.provider.id} ${named.region}`, () => this.ask(named, batch)));
      return { status: 200, etag: etagOf(answer.version, batch.view), body: bodyIn(batch.view, answer) };
    } catch (error) {
      const problem = problemOf(upstreamProblem(error, reference.provider, false));
      return { status: problem.status, problem };
    }
  }

  private recall(named: NamedTask, { caller, directives }: Batch): TaskAnswer | null | Promise<TaskAnswer | null> {
    const target = this.references.targetOf(named, caller);
    return target === null ? null : this.tasks.recall(target, caller, directives);
  }

  private async ask(named: NamedTask, { caller, directives, signal }: Batch): Promise<TaskAnswer> {
    signal.throwIfAborted();
    const target = await this.references.resolve(named, caller, signal);
    return this.tasks.find(target, caller, directives, signal);
  }
}

function nameOf({ provider, id, region, projectId, instanceId }: TaskReferenceDto): string {
  return JSON.stringify([provider, id, region, projectId, instanceId]);
}
