import { isObject } from '@gateway/tasks';
import type { Seal } from './seal.js';
import { SCHEMA_VERSION } from './keys.js';

/** `F` a final result, `U` an unfinished one, `N` a refusal, `P` a proof. */
export type StoredKind = 'F' | 'U' | 'N' | 'P';

/** What scripts in Redis can read of a stored text without parsing it. */
export interface Stamp {
  readonly kind: StoredKind;
  /** Epoch milliseconds: when it became true. */
  readonly at: number;
  /** Epoch milliseconds: until when it can be used without asking again. */
  readonly until: number;
  /** Which purges it has outlived, see {@link Purges}. */
  readonly generation: string;
}

export interface Stored extends Stamp {
  readonly header: Readonly<Record<string, unknown>>;
  /** What follows the header. */
  readonly rest: string;
}

const STAMP = /^([\w-]{8,24})\|(?=([FUNP])\|(\d{1,16})\|(\d{1,16})\|([\w.-]{0,255})\|)/;

/**
 * A text that says what it is, so that a reader need not believe the name it was found under: seal, stamp and header
 * in one line, then lines that are stored as they are.
 */
export function writeStored(
  seal: Seal,
  name: string,
  { kind, at, until, generation }: Stamp,
  header: object,
  ...lines: string[]
): string {
  const said = `${kind}|${at}|${until}|${generation}|${JSON.stringify({ v: SCHEMA_VERSION, ...header })}`;
  const text = lines.length === 0 ? said : `${said}\n${lines.join('\n')}`;
  return `${seal.of(name, text)}|${text}`;
}

/** Null for everything that was not written by {@link writeStored} of this version under this name, whole and unchanged. */
export function readStored(seal: Seal, name: string, text: string): Stored | null {
  const match = STAMP.exec(text);
  if (match === null) return null;
  const [{ length }, found = '', kind, at, until, generation = ''] = match;
  if (!seal.fits(found, name, text.slice(length))) return null;
  const lineEnd = text.indexOf('\n', length);
  const line = lineEnd === -1 ? text.slice(length) : text.slice(length, lineEnd);
  const stampEnd = `${kind}|${at}|${until}|${generation}|`.length;
  const header = parse(line.slice(stampEnd));
  if (!isObject(header) || header['v'] !== SCHEMA_VERSION) return null;
  const rest = lineEnd === -1 ? '' : text.slice(lineEnd + 1);
  return { kind: kind as StoredKind, at: Number(at), until: Number(until), generation, header, rest };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
