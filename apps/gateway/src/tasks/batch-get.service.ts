import { Injectable } from '@nestjs/common';
import { problemOf } from '@gateway/problems';
import type { Problem } from '@gateway/problems';
import type { TaskView } from '@gateway/tasks';
import { UpstreamFault } from '@gateway/upstream';
import type { Caller } from '../access/caller.js';
import { GatewayConfig } from '../config/gateway-config.js';
import type { TaskReferenceDto } from './batch-get.dto.js';
import type { CacheDirectives } from './cache-directives.js';
import { etagOf } from './present-task.js';
import { bodyIn } from './task-answer.js';
import { TaskReferences } from './task-reference.js';
import { TasksService } from './tasks.service.js';
import { upstreamProblem } from './upstream-problem.js';

export type BatchItem =
  /** `body` is the Task as JSON. */
  | { readonly status: 200; readonly etag: string; readonly body: string }
  | { readonly status: number; readonly problem: Problem };

/** Lookups of one batch under way at once: a batch alone never fills an upstream's queue. */
const PARALLEL = 16;

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
      const wanted = new Map(references.map((reference) => [nameOf(reference), reference]));
      const waiting = [...wanted];
      const found = new Map<string, BatchItem>();
      const work = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
          found.set(next[0], await this.findOne(next[1], view, caller, directives, deadline.signal));
      };
      await Promise.all(Array.from({ length: PARALLEL }, work));
      signal.throwIfAborted();
      return references.map((reference) => found.get(nameOf(reference)) as BatchItem);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    }
  }

  private async findOne(
    reference: TaskReferenceDto,
    view: TaskView,
    caller: Caller,
    directives: CacheDirectives,
    signal: AbortSignal,
  ): Promise<BatchItem> {
    try {
      signal.throwIfAborted();
      const named = this.references.complete(reference, []);
      const target = await this.references.resolve(named, caller, signal);
      const recalled = await this.tasks.recall(target, caller, directives);
      const answer = recalled ?? (await this.tasks.find(target, caller, directives, signal));
      return { status: 200, etag: etagOf(answer.version, view), body: bodyIn(view, answer) };
    } catch (error) {
      const problem = problemOf(upstreamProblem(error, reference.provider, false));
      return { status: problem.status, problem };
    }
  }
}

function nameOf({ provider, id, region, projectId, instanceId }: TaskReferenceDto): string {
  return JSON.stringify([provider, id, region, projectId, instanceId]);
}
