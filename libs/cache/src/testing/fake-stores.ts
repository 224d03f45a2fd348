import { TaskAddress } from '@gateway/tasks';
import type { TaskAddressMembers } from '@gateway/tasks';
import { CacheSettings } from '../settings.js';
import type { CacheEnvironment, StoreContext } from '../settings.js';
import { Purges } from '../purges.js';
import { RedisStore } from '@gateway/redis';
import { Seal } from '../envelope.js';
import type { TaskSnapshot } from '../task-entry.js';
import { FakeRedis } from '../../../redis/src/testing/fake-redis.js';

export const START = 1_800_000_000_000;
export const OBSERVED = Date.parse('2026-11-21T10:01:02.003Z');
export const SECRET = 'a secret of the specs, long enough';
export const SEAL = new Seal(SECRET, '');
export const HORIZON_MS = 86_400_000;

export const addressOf = (id: string, changes: Partial<TaskAddressMembers> = {}): TaskAddress =>
  new TaskAddress({ provider: 'apig', region: 'eu-de', projectId: 'p', instanceId: null, id, ...changes });

export const snapshotOf = (id: string, changes: Partial<TaskSnapshot> = {}): TaskSnapshot => ({
  final: true,
  version: `v-${id}`,
  observedAt: OBSERVED,
  pollAfterSeconds: null,
  body: `{"id":"${id}"}`,
  artifact: null,
  ...changes,
});

export const UNFINISHED = { final: false, pollAfterSeconds: 5 } as const;

/** A clock and a chance that the test sets, and what the stores of one process have in common. */
export class FakeProcess implements CacheEnvironment, StoreContext {
  time = START;
  draw = 0;
  mismatches = 0;
  readonly settings = new CacheSettings();
  readonly checks = { task: () => true, negative: () => true };
  readonly onMismatch = (): void => void (this.mismatches += 1);
  readonly redis: RedisStore | null;
  readonly purges: Purges;

  /** @param fake null for a process without Redis */
  constructor(
    fake: FakeRedis | null = null,
    readonly seal: Seal = SEAL,
  ) {
    const ignore = (): void => undefined;
    const listener = { onUp: ignore, onDown: ignore, onWritesRefused: ignore, onMessagesRefused: ignore };
    this.redis = fake === null ? null : new RedisStore(fake.open, '', listener, this.now);
    this.purges = new Purges(this.redis, HORIZON_MS, this);
  }

  readonly now = (): number => this.time;
  readonly random = (): number => this.draw;
  readonly openRedis = (): never => {
    throw new Error('not used');
  };
}

/** A process whose Redis is in use. */
export async function connectedTo(
  fake: FakeRedis,
  seal: Seal = SEAL,
): Promise<FakeProcess & { readonly redis: RedisStore }> {
  const process = new FakeProcess(fake, seal);
  fake.listener.onReady();
  const { redis } = process;
  if (redis === null) throw new Error('has none');
  while (!redis.up) await Promise.resolve();
  fake.sent.length = 0;
  return Object.assign(process, { redis });
}

/** Lets the fake server keep purges as the scripts do. */
export function keepPurges(fake: FakeRedis): Map<string, string> {
  const kept = new Map<string, string>();
  fake.answer = (args, script) => {
    if (script === 'tgRevoke') return 1;
    if (script === 'tgReadRevoked') return [];
    const [version = '', , , , forgotten] = args;
    if (args.length === 1) return version === (kept.get('version') ?? null) ? 'known' : [...kept].flat();
    for (let index = 5; index < args.length; index += 2) {
      const [name = '', id = ''] = args.slice(index, index + 2);
      const known = kept.get(name) ?? '';
      if (index >= 5 + 2 * Number(forgotten)) kept.set(name, known < id ? id : known);
      else if (known === id) kept.delete(name);
    }
    kept.set('version', version);
    return kept.get(args[5 + 2 * Number(forgotten)] ?? '') ?? '';
  };
  return kept;
}
