import { Injectable } from '@nestjs/common';
import { Problem, problemOf } from '@gateway/problems';
import type { TaskView } from '@gateway/tasks';
import { UpstreamFailure } from '@gateway/upstream';
import type { Caller } from '../access/authentication.js';
import { GatewayConfig } from '../config/gateway-config.js';
import { CallerGone } from '../http/request-context.js';
import { BatchRoom } from './batch-body.js';
import type { BatchItem } from './batch-body.js';
import type { TaskReferenceDto } from './batch.dto.js';
import { bodyIn, etagOf } from './task-reply.js';
import type { TaskAnswer } from './task-reply.js';
import type { CacheDirectives } from './task-request.js';
import { Bulkheads } from './bulkheads.js';
import { TaskResolver } from './task-resolver.js';
import type { NamedTask } from './task-resolver.js';
import { TasksService } from './tasks.service.js';

/** Lookups of one batch under way at once with one provider in one region: a batch alone never fills its places. */
const PARALLEL = 16;

/** Bytes that are kept for each item besides its reference: for what surrounds a task, or a problem instead of it. */
const ITEM_BYTES = 1_024;

/** What all items of a batch have in common. */
interface Batch {
  readonly view: TaskView;
  readonly caller: Caller;
  readonly directives: CacheDirectives;
  /** Aborts when nobody waits any more, or the time is over. */
  readonly signal: AbortSignal;
  readonly bulkheads: Bulkheads;
}

/** Answers about many tasks at once: one deadline for all, and each item stands alone. */
@Injectable()
export class BatchService {
  constructor(
    private readonly config: GatewayConfig,
    private readonly references: TaskResolver,
    private readonly tasks: TasksService,
  ) {}

  /**
   * Items in request order, as they are taken; the same task named twice is asked for once. All lookups go on meanwhile,
   * and what they have brought takes no more memory than the answer may. Whoever takes no more items ends them.
   * @param signal aborts when the caller has gone
   * @throws the signal's reason
   */
  async *find(
    references: readonly TaskReferenceDto[],
    view: TaskView,
    caller: Caller,
    directives: CacheDirectives,
    signal: AbortSignal,
  ): AsyncGenerator<BatchItem, void> {
    const ended = new AbortController();
    const expire = (): void =>
      ended.abort(
        new UpstreamFailure({
          problem: 'upstream-timeout',
          detail: 'The batch ran out of time.',
          countsAsFailure: null,
        }),
      );
    const timer = setTimeout(expire, this.config.upstream.requestMs);
    const leave = (): void => {
      clearTimeout(timer);
      ended.abort(new CallerGone('nobody takes the answer'));
    };
    let untaken = references.length;
    signal.addEventListener('abort', leave, { once: true });
    try {
      const batch = { view, caller, directives, signal: ended.signal, bulkheads: new Bulkheads(PARALLEL) };
      const items: BatchItem[] = [];
      const room = new BatchRoom(this.roomFor(references), (place, bytes) => {
        items[place] = tooLarge(references[place]?.provider ?? null, bytes);
      });
      const settle = async (reference: TaskReferenceDto, places: readonly number[]): Promise<void> => {
        const item = await this.findOne(reference, batch);
        for (const place of places) {
          items[place] = item;
          if ('bytes' in item) room.take(place, item.bytes);
        }
      };
      const settled = settleEach(references, settle);
      for (const place of references.keys()) {
        await settled[place];
        signal.throwIfAborted();
        untaken -= 1;
        yield items[place] as BatchItem;
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
      if (untaken > 0) leave();
    }
  }

  /** Bytes that are left for tasks. */
  private roomFor(references: readonly TaskReferenceDto[]): number {
    const around = Buffer.byteLength(JSON.stringify(references)) + references.length * ITEM_BYTES;
    return this.config.limits.maxBatchBytes - around;
  }

  private async findOne(reference: TaskReferenceDto, batch: Batch): Promise<BatchItem> {
    try {
      const named = this.references.complete(reference, []);
      // What is stored needs no place in a bulkhead.
      const answer =
        (await this.getCached(named, batch)) ??
        (await batch.bulkheads.run(`${named.provider.id} ${named.address.region}`, () => this.ask(named, batch)));
      const body = bodyIn(batch.view, answer);
      return { status: 200, etag: etagOf(answer.version, batch.view), body, bytes: Buffer.byteLength(body) };
    } catch (error) {
      const problem = problemOf(UpstreamFailure.ofProvider(error, reference.provider));
      return { status: problem.status, problem };
    }
  }

  private getCached(named: NamedTask, { caller, directives }: Batch): TaskAnswer | null | Promise<TaskAnswer | null> {
    const target = this.references.targetOf(named, caller);
    return target === null ? null : this.tasks.getCached(target, caller, directives);
  }

  private async ask(named: NamedTask, { caller, directives, signal }: Batch): Promise<TaskAnswer> {
    signal.throwIfAborted();
    const target = await this.references.resolve(named, caller, signal);
    return this.tasks.find(target, caller, directives, signal);
  }
}

/** Calls `settle` once for each task, with all its places. By place: what came of it. */
function settleEach(
  references: readonly TaskReferenceDto[],
  settle: (reference: TaskReferenceDto, places: readonly number[]) => Promise<void>,
): readonly Promise<void>[] {
  const groups = new Map<string, { readonly reference: TaskReferenceDto; readonly places: number[] }>();
  for (const [place, reference] of references.entries()) {
    const { provider, id, region, projectId, instanceId } = reference;
    const name = JSON.stringify([provider, id, region, projectId, instanceId]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { reference, places: [place] });
    else group.places.push(place);
  }
  const settled: Promise<void>[] = [];
  for (const { reference, places } of groups.values()) {
    const work = settle(reference, places);
    for (const place of places) settled[place] = work;
  }
  return settled;
}

/** HTTP has no status for answers that are too large. A client that gets 413 sends less at once, which is right. */
function tooLarge(provider: string | null, bytes: number): BatchItem {
  const problem = new Problem('answer-too-large', {
    provider,
    detail: `There is no room for the ${bytes} bytes of this task: ask with "view": "basic", or for the task itself.`,
  });
  return { status: problem.status, problem };
}
