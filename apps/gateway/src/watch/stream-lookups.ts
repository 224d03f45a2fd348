import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { isRetryable, Problem, problemOf } from '@gateway/problems';
import { UpstreamFailure } from '@gateway/upstream';
import { AccessGuard } from '../access/guard.js';
import type { LookupTarget } from '@gateway/upstream';
import { groupsOf, ReferenceLookups } from '../tasks/reference-lookups.js';
import type { LookupGroup } from '../tasks/reference-lookups.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import { TaskEvents } from './task-events.js';
import type { TaskStream } from './task-stream.js';
import { TaskStreams } from './task-streams.js';
import type { WatchedReferenceDto } from './watch.dto.js';

/** Milliseconds until it is asked again whose a task is, unless the problem says more. */
const AGAIN_MS = 5_000;

/** A task that a reader wants to follow. */
export interface WantedTask {
  readonly reference: WatchedReferenceDto;
  /** Version that it has. */
  readonly known: string | null;
}

/** Each task once, with the version that is known of it; of one that is named with several versions none is. */
export function wantedTasks(references: readonly WatchedReferenceDto[]): readonly WantedTask[] {
  return groupsOf(references).map(({ reference, places }) => {
    const known = reference.version ?? null;
    const isSure = places.every((place) => (references[place]?.version ?? null) === known);
    return { reference, known: isSure ? known : null };
  });
}

/** What streams of many tasks begin with. */
@Injectable()
export class StreamLookups {
  constructor(
    private readonly lookups: ReferenceLookups,
    private readonly streams: TaskStreams,
    private readonly guard: AccessGuard,
  ) {}

  /** Ends when all have been looked up, or nobody reads any more. Never rejects. */
  async lookUpAll(stream: TaskStream, wanted: readonly WantedTask[], group: LookupGroup): Promise<void> {
    await Promise.all(wanted.map((task) => this.lookUp(stream, task, group)));
  }

  private async lookUp(stream: TaskStream, { reference, known }: WantedTask, group: LookupGroup): Promise<void> {
    const events = new TaskEvents(stream, reference, known);
    while (!stream.isOver) {
      const [target, first] = await this.find(reference, group);
      if (target !== null) return this.streams.follow(stream, group.caller, events, reference, target, first);
      if (stream.isOver) return;
      events.notify(first);
      if (!(first instanceof Problem) || !isRetryable(first)) return;
      // Whose project it is nobody could tell: until then there is nothing that could be followed.
      const { retryAfterSeconds } = first.options;
      await delay(Math.max(AGAIN_MS, (retryAfterSeconds ?? 0) * 1000), null, { signal: group.signal }).catch(
        () => null,
      );
    }
  }

  private async find(
    reference: WatchedReferenceDto,
    group: LookupGroup,
  ): Promise<readonly [LookupTarget | null, TaskAnswer | Problem]> {
    let target: LookupTarget | null = null;
    try {
      // This may go on for as long as the stream: rights can have changed meanwhile.
      const caller = this.guard.readmit(group.caller);
      const answer = await this.lookups.find(reference, { ...group, caller }, (found) => (target = found));
      return [target, answer];
    } catch (error) {
      return [target, problemOf(UpstreamFailure.ofProvider(error, reference.provider))];
    }
  }
}
