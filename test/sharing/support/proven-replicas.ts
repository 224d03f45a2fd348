import { expect, jest } from '@jest/globals';
import type { Redis } from 'ioredis';
import { TaskCache } from '@gateway/cache';
import { TaskAddress } from '@gateway/tasks';
import { Principals } from '../../../apps/gateway/src/access/authentication.js';
import type { Reply } from '../../support/http-client.js';
import { redisAdmin } from '../../support/redis-admin.js';
import { startRedis } from '../../support/redis-server.js';
import type { RedisServer } from '../../support/redis-server.js';
import { refused, secretOf, startCloud, succeeded } from './cloud.js';
import type { Answer, Behaviour, Cloud } from './cloud.js';
import { SECRETS, startLocal } from './replicas.js';
import type { LocalReplica, Replica, ReplicaOptions } from './replicas.js';

export const PROJECT = 'project-1';
export const MEMBERS = { provider: 'ims', region: 'own', projectId: PROJECT, instanceId: null, id: 'any' };
export const { scope: SCOPE } = new TaskAddress(MEMBERS);
export const TOKEN = 'a-token-of-alice';
export const PRINCIPAL = new Principals(SECRETS.PRINCIPAL_SECRET).of('token', TOKEN);

export const proofsOf = ({ app }: LocalReplica): TaskCache['proofs'] => app.get(TaskCache).proofs;
export const isProven = (replica: LocalReplica): boolean => proofsOf(replica).hasLocal(PRINCIPAL, SCOPE);

export function ask({ ask: send }: Replica, id = 'task-1', directive = 'max-age=600', region = 'own'): Promise<Reply> {
  const path = `/tasks/ims/${id}?region=${region}&projectId=${PROJECT}`;
  return send({ path, headers: { 'x-auth-token': TOKEN, 'cache-control': directive } });
}

export async function expectRefused(replica: Replica, answer: Answer = refused): Promise<void> {
  const reply = await ask(replica);
  expect([reply.status, reply.text.includes(secretOf(PROJECT))]).toEqual([answer.status, false]);
}

/** Replicas that share a Redis and a cloud, asked with one token. */
export class ProvenReplicas {
  cloud!: Cloud;
  redis!: RedisServer;
  admin!: Redis;
  readonly cleanups: (() => unknown)[] = [];

  async open(): Promise<void> {
    this.redis = await startRedis();
    this.cleanups.push(() => this.redis.stop());
    this.admin = redisAdmin(this.redis.url);
    this.cleanups.push(() => this.admin.disconnect());
    await this.ofCloud(succeeded);
  }

  async close(): Promise<void> {
    jest.restoreAllMocks();
    for (const cleanup of this.cleanups.splice(0).reverse()) await cleanup();
  }

  /** The cloud of the replicas that start from now on. */
  async ofCloud(behaviour: Behaviour, hasIdentity = false): Promise<void> {
    this.cloud = await startCloud(behaviour, hasIdentity);
    this.cleanups.push(this.cloud.close);
  }

  async start(options: Partial<ReplicaOptions> = {}): Promise<LocalReplica> {
    const replica = await startLocal({ cloud: this.cloud.url, redis: this.redis.url, ...options });
    this.cleanups.push(replica.close);
    return replica;
  }

  /** A replica that no message of revocations reaches. */
  async startDeaf(): Promise<LocalReplica> {
    const replica = await this.start();
    jest.spyOn(proofsOf(replica).revocations, 'onMessage').mockReturnValue();
    return replica;
  }

  /** Each of them has answered the token from what is stored, and remembers its proof. */
  async proven(...replicas: readonly LocalReplica[]): Promise<void> {
    for (const replica of replicas) {
      expect((await ask(replica)).status).toBe(200);
      await replica.app.get(TaskCache).settled();
      expect(isProven(replica)).toBe(true);
    }
  }

  /** The cloud refuses the token, and one replica is told so. */
  async refusedAt(replica: Replica, answer: Answer = refused): Promise<void> {
    this.cloud.behave(() => answer);
    expect((await ask(replica, 'task-1', 'no-cache')).status).toBe(answer.status);
  }
}
