import { isObject } from '@gateway/tasks';
import type { Freshness } from './freshness.js';
import { SCHEMA_VERSION } from './keys.js';
import type { Seal } from './seal.js';

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
