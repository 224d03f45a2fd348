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
import { groupsOf, newBulkheads, ReferenceLookups } from './reference-lookups.js';
import type { LookupGroup } from './reference-lookups.js';
import { bodyIn, etagOf } from './task-reply.js';
import type { CacheDirectives } from './task-request.js';

/** Bytes that are kept for each item besides its reference: for what surrounds a task, or a problem instead of it. */
const ITEM_BYTES = 1_024;

/** What all items of a batch have in common. */
interface Batch extends LookupGroup {
  readonly view: TaskView;
}

/** Answers about many tasks at once: one deadline for all, and each item stands alone. */
@Injectable()
export class BatchService {
  constructor(
    private readonly config: GatewayConfig,
    private readonly lookups: ReferenceLookups,
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
      const group = { caller, directivesOf: () => directives, signal: ended.signal, bulkheads: newBulkheads() };
      const batch = { ...group, view };
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
      const answer = await this.lookups.find(reference, batch);
      const body = bodyIn(batch.view, answer);
      return { status: 200, etag: etagOf(answer.version, batch.view), body, bytes: Buffer.byteLength(body) };
    } catch (error) {
      const problem = problemOf(UpstreamFailure.ofProvider(error, reference.provider));
      return { status: problem.status, problem };
    }
  }
}

/** Calls `settle` once for each task, with all its places. By place: what came of it. */
function settleEach(
  references: readonly TaskReferenceDto[],
  settle: (reference: TaskReferenceDto, places: readonly number[]) => Promise<void>,
): readonly Promise<void>[] {
  const settled: Promise<void>[] = [];
  for (const { reference, places } of groupsOf(references)) {
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
