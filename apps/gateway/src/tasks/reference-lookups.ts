import { channel } from 'node:diagnostics_channel';
import { Injectable } from '@nestjs/common';
import type { LookupTarget } from '@gateway/upstream';
import type { Caller } from '../access/authentication.js';
import { Bulkheads } from './bulkheads.js';
import type { TaskAnswer } from './task-reply.js';
import type { CacheDirectives } from './task-request.js';
import { TaskResolver } from './task-resolver.js';
import type { TaskReference } from './task-resolver.js';
import { TasksService } from './tasks.service.js';

/** Lookups for one request under way at once with one provider in one region: one request alone never fills its places. */
const PARALLEL = 16;

/** One task of a request for many has been looked up. */
export interface ItemMessage {
  /** As the caller wrote it. */
  readonly provider: string;
  /** Null where the lookup failed. */
  readonly answer: TaskAnswer | null;
}

/** `task-gateway:tasks.item` of `node:diagnostics_channel`, with an {@link ItemMessage}. */
export const ITEMS = channel('task-gateway:tasks.item');

/** What all lookups of one request for many tasks have in common. */
export interface LookupGroup {
  readonly caller: Caller;
  readonly directivesOf: (target: LookupTarget) => CacheDirectives;
  /** Aborts when nobody waits any more, or the time is over. */
  readonly signal: AbortSignal;
  readonly bulkheads: Bulkheads;
}

/** Room for the lookups of one request. */
export function newBulkheads(): Bulkheads {
  return new Bulkheads(PARALLEL);
}

/** Looks up the tasks of requests that name many, each for itself. */
@Injectable()
export class ReferenceLookups {
  constructor(
    private readonly resolver: TaskResolver,
    private readonly tasks: TasksService,
  ) {}

  /**
   * @param onTarget told what is asked for, as soon as that is known
   * @throws Problem for every lookup that fails; the signal's reason
   */
  async find(
    reference: TaskReference,
    group: LookupGroup,
    onTarget?: (target: LookupTarget) => void,
  ): Promise<TaskAnswer> {
    if (!ITEMS.hasSubscribers) return this.findNow(reference, group, onTarget);
    const { provider } = reference;
    try {
      const answer = await this.findNow(reference, group, onTarget);
      ITEMS.publish({ provider, answer } satisfies ItemMessage);
      return answer;
    } catch (error) {
      ITEMS.publish({ provider, answer: null } satisfies ItemMessage);
      throw error;
    }
  }

  private async findNow(
    reference: TaskReference,
    { caller, directivesOf, signal, bulkheads }: LookupGroup,
    onTarget?: (target: LookupTarget) => void,
  ): Promise<TaskAnswer> {
    const named = this.resolver.complete(reference, []);
    const known = this.resolver.targetOf(named, caller);
    if (known !== null) onTarget?.(known);
    // What is stored needs no place in a bulkhead.
    const cached = known === null ? null : await this.tasks.getCached(known, caller, directivesOf(known));
    if (cached !== null) return cached;
    return bulkheads.run(`${named.provider.id} ${named.address.region}`, async () => {
      signal.throwIfAborted();
      const target = await this.resolver.resolve(named, caller, signal);
      onTarget?.(target);
      return this.tasks.find(target, caller, directivesOf(target), signal);
    });
  }
}

/** The places of each task in a list that may name it several times. */
export function groupsOf<Reference extends TaskReference>(
  references: readonly Reference[],
): readonly { readonly reference: Reference; readonly places: readonly number[] }[] {
  const groups = new Map<string, { readonly reference: Reference; readonly places: number[] }>();
  for (const [place, reference] of references.entries()) {
    const { provider, id, region, projectId, instanceId } = reference;
    const name = JSON.stringify([provider, id, region, projectId, instanceId]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { reference, places: [place] });
    else group.places.push(place);
  }
  return [...groups.values()];
}
