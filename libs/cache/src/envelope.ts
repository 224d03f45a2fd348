import { createHmac, createSecretKey, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { isObject } from '@gateway/tasks';
import { SCHEMA_VERSION } from './keys.js';

/** How long something stored may be used. */
interface Freshness {
  /** Epoch milliseconds. */
  readonly freshUntil: number;
  /** Ids of the latest purges when it was asked for, see {@link Purges}. */
  readonly epoch: string;
}

export interface Lifetime extends Freshness {
  /** Epoch milliseconds, not before `freshUntil`: until when it is kept, and may be served when the upstream is down. */
  readonly keptUntil: number;
}

/**
 * Whether what was asked for in one epoch was asked for after every purge of another. A later purge than the other knows
 * is fine, and so is one that it has forgotten.
 */
export function isSince(stored: string, present: string): boolean {
  if (stored === present || present === '') return true;
  const ids = stored.split('.');
  return present.split('.').every((id, index) => (ids[index] ?? '') >= id);
}

/**
 * Whether something stored may be used without asking: its time is not over, and no purge has come since. The scripts in
 * Redis decide by the same rule; a spec holds them to it.
 * @param now epoch milliseconds
 * @param present the epoch of now; left out where that was compared already
 */
export function isFresh({ freshUntil, epoch }: Freshness, now: number, present = ''): boolean {
  return freshUntil > now && isSince(epoch, present);
}

/**
 * Whether something stored will do: it is fresh, or became true since then. The scripts in Redis decide by the same rule; a
 * spec holds them to it.
 * @param at epoch milliseconds when it became true
 * @param now epoch milliseconds
 * @param since epoch milliseconds; null where only what is fresh will do
 * @param present as for {@link isFresh}
 */
export function isFreshOrSince(
  freshness: Freshness,
  at: number,
  now: number,
  since: number | null,
  present = '',
): boolean {
  return isFresh(freshness, now, present) || (since !== null && at >= since && isSince(freshness.epoch, present));
}

/** Milliseconds by which clocks of replicas may differ. */
export const AHEAD_MS = 2_000;

/**
 * Whether an entry is of a replica whose clock is ahead: by its times it would hold for as long as that is. A final answer
 * does no harm by that.
 * @param at epoch milliseconds when it became true, as its writer says
 * @param now epoch milliseconds
 */
export function isAhead(at: number, now: number): boolean {
  return at > now + AHEAD_MS;
}

/** `F` a final answer, `U` an unfinished one, `N` a negative entry, `P` a proof. */
export type EntryKind = 'F' | 'U' | 'N' | 'P';

/** What scripts in Redis can read of an entry without parsing it. */
export interface Stamp extends Freshness {
  readonly kind: EntryKind;
  /** Epoch milliseconds: when it became true. */
  readonly at: number;
}

export interface Envelope extends Stamp {
  readonly header: Readonly<Record<string, unknown>>;
  /** What follows the header. */
  readonly rest: string;
}

const STAMP = /^([\w-]{8,24})\|(?=([FUNP])\|(\d{1,16})\|(\d{1,16})\|([\w.-]{0,255})\|)/;

/**
 * A text that says what it is, so that a reader need not believe the name it was found under: seal, stamp and header
 * in one line, then lines that are stored as they are.
 */
export function writeEnvelope(
  seal: Seal,
  name: string,
  { kind, at, freshUntil, epoch }: Stamp,
  header: object,
  ...lines: string[]
): string {
  const line = `${kind}|${at}|${freshUntil}|${epoch}|${JSON.stringify({ v: SCHEMA_VERSION, ...header })}`;
  const text = lines.length === 0 ? line : `${line}\n${lines.join('\n')}`;
  return `${seal.of(name, text)}|${text}`;
}

/** Null for everything that was not written by {@link writeEnvelope} of this version under this name, whole and unchanged. */
export function readEnvelope(seal: Seal, name: string, text: string): Envelope | null {
  const match = STAMP.exec(text);
  if (match === null) return null;
  const [{ length }, found = '', kind, at, freshUntil, epoch = ''] = match;
  if (!seal.fits(found, name, text.slice(length))) return null;
  const lineEnd = text.indexOf('\n', length);
  const line = lineEnd === -1 ? text.slice(length) : text.slice(length, lineEnd);
  const header = parse(line.slice(`${kind}|${at}|${freshUntil}|${epoch}|`.length));
  if (!isObject(header) || header['v'] !== SCHEMA_VERSION) return null;
  const rest = lineEnd === -1 ? '' : text.slice(lineEnd + 1);
  return { kind: kind as EntryKind, at: Number(at), freshUntil: Number(freshUntil), epoch, header, rest };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Base64url of 144 bits: no bits are left over, so there is one text for each. */
const MAC_LENGTH = 24;

/**
 * Vouches for what lies in Redis: HMAC-SHA256 over the name and the text (RFC 2104), under a key derived for nothing else
 * (HKDF, RFC 5869). Without a secret it is CRC-32: against accidents, not against forgers.
 */
export class Seal {
  /** Whether a text that {@link fits} was written by who knows the secret. */
  readonly isKeyed: boolean;
  private readonly key: KeyObject | null;
  private readonly scope: string;

  /**
   * @param secret that all replicas share; null where there is none
   * @param prefix of the names in Redis: gateways that differ in it do not believe each other
   */
  constructor(secret: string | null, prefix: string) {
    const derived = (purpose: string, bytes: number): Buffer =>
      Buffer.from(hkdfSync('sha256', secret ?? '', prefix, `task-gateway redis ${purpose} v${SCHEMA_VERSION}`, bytes));
    this.isKeyed = secret !== null;
    this.key = secret === null ? null : createSecretKey(derived('seal', 32));
    this.scope = secret === null ? '' : `:${derived('name', 6).toString('base64url')}`;
  }

  /** The name in Redis of what only replicas with this secret use. */
  own(name: string): string {
    return name + this.scope;
  }

  of(name: string, text: string): string {
    if (this.key === null) return crc32(text).toString(16).padStart(8, '0');
    // One update: each costs as much as to hash half a kilobyte.
    return createHmac('sha256', this.key).update(`${name}\n${text}`).digest('base64url').slice(0, MAC_LENGTH);
  }

  /** Whether the seal is of this text under this name. Takes the same time wherever a seal of the right length differs. */
  fits(seal: string, name: string, text: string): boolean {
    const [given, expected] = [Buffer.from(seal), Buffer.from(this.of(name, text))];
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}
