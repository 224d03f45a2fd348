import 'reflect-metadata';
import { IsInt, IsNumber, IsObject, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { RedisKind } from '@gateway/redis';
import type { OpenRedis, RedisSettings } from '@gateway/redis';
import type { TaskAddress } from '@gateway/tasks';
import type { Seal } from './envelope.js';
import type { StoredTask } from './task-entry.js';

/** How long and where answers are kept. */
export class CacheSettings {
  /** Memory for answers, in bytes of their JSON; the least recently used ones leave first. */
  @IsInt() @Min(0) @Max(1_099_511_627_776) readonly memoryBytes: number = 128 * 1024 * 1024;
  /** Answers whose JSON has more bytes are stored nowhere. */
  @IsInt() @Min(1024) @Max(1_073_741_824) readonly maxEntryBytes: number = 64 * 1024 * 1024;
  @IsInt() @Min(1) @Max(2_592_000) readonly finalTtlSeconds: number = 86_400;
  /** Seconds for which an unfinished task is not asked about again, whoever polls it; 0 asks every time. */
  @IsNumber() @Min(0) @Max(60) readonly unfinishedTtlSeconds: number = 1.5;
  /** Seconds for which a 403 or 404 is remembered, for who got it; 0 asks every time. */
  @IsNumber() @Min(0) @Max(300) readonly negativeTtlSeconds: number = 5;
  /** Seconds for which a caller who could read a scope may go on to; the clouds themselves let revoked tokens live for 30 minutes. */
  @IsInt() @Min(1) @Max(1800) readonly proofTtlSeconds: number = 300;
  /** Seconds after that in which the last known unfinished state is shown while the upstream is down; 0 never shows it. */
  @IsInt() @Min(0) @Max(86_400) readonly staleSeconds: number = 60;
  /** Without it answers are kept in this process only. */
  @IsOptional() @IsObject() @ValidateNested() @RedisKind() readonly redis?: RedisSettings;
}

/** Milliseconds that an answer lives at most, whatever is asked for. */
export function maxTtlMsOf({ finalTtlSeconds, unfinishedTtlSeconds, staleSeconds }: CacheSettings): number {
  return Math.floor(1000 * Math.max(finalTtlSeconds, unfinishedTtlSeconds + staleSeconds));
}

/** Why there was no answer, as the gateway words it: JSON, and opaque here. */
export type NegativeEntry = Readonly<Record<string, unknown>>;

/** What only the gateway knows of its entries: asked about each that was read from Redis, before it is used. */
export interface EntryChecks {
  /** @param isOurs whether who wrote it knows the secret */
  readonly task: (stored: StoredTask, address: TaskAddress, isOurs: boolean) => boolean;
  readonly negative: (entry: NegativeEntry) => boolean;
}

/** How far Redis is believed. */
export interface RedisTrust {
  /**
   * Authenticates what lies in Redis, at least 32 characters and the same in all replicas. Null trusts Redis: proofs then
   * stay in the process.
   */
  readonly secret: string | null;
  readonly checks: EntryChecks;
}

/** The other processes of this machine that serve with this one. */
export interface SharedPurges {
  /** Tells them of a purge, for their `TaskCache.mergePurge`; resolves to whether all know of it, and never rejects. */
  readonly tellSiblings: (message: string) => Promise<boolean>;
}

/** What tests replace. */
export interface CacheEnvironment {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
  readonly openRedis: (settings: RedisSettings) => OpenRedis;
}

/** What the stores of one cache have in common. */
export interface StoreContext extends Pick<CacheEnvironment, 'now' | 'random'> {
  readonly seal: Seal;
  readonly checks: EntryChecks;
  /** Something in Redis was not what its name promised. */
  readonly onMismatch: () => void;
}
