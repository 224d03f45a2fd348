import type { RedisStore } from '@gateway/redis';
import type { TaskAddress } from '@gateway/tasks';
import { LRUCache } from 'lru-cache';
import { changedMessage, readChanged } from './changes.js';
import { maxTtlMsOf } from './settings.js';
import type { CacheSettings, StoreContext } from './settings.js';
import { isAhead, readEnvelope } from './envelope.js';
import { resultName } from './keys.js';
import type { Purges } from './purges.js';
import { decodeTask, encodeTask } from './task-entry.js';
import type { StoredTask, TaskSnapshot } from './task-entry.js';
import { TieredStore } from './tiered-store.js';
import type { RedisWrite } from './tiered-store.js';

/** A larger entry would not pass a network within the time that a command has; this process keeps it for itself. */
const MAX_REDIS_BYTES = 2 * 1024 * 1024;

/** Bytes that an entry takes besides its texts. */
const ENTRY_OVERHEAD = 512;

interface Kept {
  readonly stored: StoredTask;
  /** Null where this answer stays in this process. */
  readonly write: RedisWrite | null;
}

/** One snapshot per task, in memory and in Redis. It knows no readers: whoever asks has proven that it may read. */
export class TaskStore extends TieredStore<TaskAddress, StoredTask> {
  /** Told the key of a task whose version may be another one. */
  onChange: (key: string) => void = () => undefined;
  private readonly maxEntryBytes: number;

  constructor(
    settings: CacheSettings,
    context: StoreContext,
    redis: RedisStore | null,
    private readonly purges: Purges,
  ) {
    const { memoryBytes: maxSize, maxEntryBytes } = settings;
    const codec = {
      localKey: ({ key }: TaskAddress) => key,
      name: resultName,
      epochOf: (address: TaskAddress) => purges.ofTask(address),
      maxTtlMs: maxTtlMsOf(settings),
      decode: (address: TaskAddress, text: string) => {
        const envelope = readEnvelope(context.seal, resultName(address), text);
        const found = envelope === null ? null : decodeTask(address.key, envelope);
        if (found === null || isLarger(found, maxEntryBytes)) return null;
        if (!context.checks.task(found, address, context.seal.isKeyed)) return null;
        const aheadMs = found.observedAt - context.now();
        if (aheadMs <= 0) return found;
        // The writer's clock is ahead by that much: by its times a task that is done would be shown unfinished for as long.
        return { ...found, freshUntil: found.freshUntil - aheadMs, keptUntil: found.keptUntil - aheadMs };
      },
      isAhead: ({ final, observedAt }: StoredTask, now: number) => !final && isAhead(observedAt, now),
      isOf: ({ key }: TaskAddress, { task }: StoredTask) => task === key,
      isBetter,
    };
    // A cache without a size is one without bounds.
    const limits = { maxSize: Math.max(1, maxSize), maxEntrySize: Math.min(maxEntryBytes, maxSize) || 1 };
    super(codec, context, redis, new LRUCache({ ...limits, sizeCalculation: sizeOf }));
    this.maxEntryBytes = maxEntryBytes;
  }

  /** What is stored anywhere of a task that stays as it is. */
  async getDone(address: TaskAddress): Promise<StoredTask | null> {
    const local = this.getLocal(address);
    if (local?.final === true) return local;
    const stored = (await this.getRemote(address)) ?? this.getLocal(address);
    return stored?.final === true ? stored : null;
  }

  /**
   * Another version of a task is stored, as a message says that anybody may have sent: what is remembered of it unfinished is
   * read anew, and whoever listens may look.
   */
  onChanged(message: string): void {
    const changed = readChanged(message);
    if (changed === null) return;
    const { key, version } = changed;
    const present = this.memory.peek(key);
    // The message of this process itself comes back, too.
    if (present?.version === version) return;
    if (present?.final !== true) this.deleteLocal(key);
    this.onChange(key);
  }

  /**
   * Keeps an answer; readable at once. A final one is never replaced by an unfinished one, nor a later one by an earlier.
   * @param freshMs milliseconds for which it is served without asking; up to a tenth less
   * @param keptMs milliseconds for which it may be served when the upstream is down, at least `freshMs`
   * @param epoch of the time before the upstream was asked
   * @returns null where it is not kept: too large, void already, without any time, or something better is there
   */
  set(address: TaskAddress, snapshot: TaskSnapshot, freshMs: number, keptMs: number, epoch: string): Kept | null {
    const [fresh = 0, kept = 0] = this.ttlOf(freshMs, Math.max(keptMs, freshMs));
    // An unfinished one may be of no use but when the upstream is down.
    if (!(kept >= 1 && fresh >= (snapshot.final ? 1 : 0)) || (snapshot.final && snapshot.pollAfterSeconds !== null))
      return null;
    if (!(snapshot.observedAt >= 0) || !this.isSince(address, epoch)) return null;
    const { key } = address;
    const now = Math.floor(this.context.now());
    const stored = { ...snapshot, task: key, freshUntil: now + fresh, keptUntil: now + kept, epoch };
    const size = sizeOf(stored);
    const before = this.memory.peek(key)?.version;
    if (size > this.maxEntryBytes || this.setLocal(address, stored) !== stored) return null;
    if (before !== stored.version) this.onChange(key);
    if (this.redis === null || size > MAX_REDIS_BYTES) return this.memory.has(key) ? { stored, write: null } : null;
    const name = resultName(address);
    const changed = changedMessage(stored.version, key);
    const write = { name, text: encodeTask(this.context.seal, name, stored), ttlMs: kept, changed };
    return { stored, write };
  }

  /** What an answer has to carry that is asked for now, and may be kept. */
  epochOf(address: TaskAddress): string {
    return this.purges.ofTask(address);
  }
}

/** Whether one answer about a task stays when another comes: final before unfinished, then the one observed later. */
export function isBetter<Answer extends { readonly final: boolean; readonly observedAt: number }>(
  present: Answer,
  other: Answer,
): boolean {
  if (present.final !== other.final) return present.final;
  return present.observedAt > other.observedAt;
}

/** Measures only what could be: a character takes three bytes at most. */
function isLarger(stored: StoredTask, bytes: number): boolean {
  const { body, artifact } = stored;
  const most = 3 * (body.length + (artifact?.content.length ?? 0)) + ENTRY_OVERHEAD;
  return most > bytes && sizeOf(stored) > bytes;
}

function sizeOf({ body, artifact }: StoredTask): number {
  return Buffer.byteLength(body) + (artifact === null ? 0 : Buffer.byteLength(artifact.content)) + ENTRY_OVERHEAD;
}
