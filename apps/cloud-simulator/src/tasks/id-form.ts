import { randomBytes, randomInt, randomUUID } from 'node:crypto';

/** What ids of tasks look like. */
export interface IdForm {
  readonly pattern: RegExp;
  /** For people. */
  readonly words: string;
  readonly make: () => string;
}

const HEX = /^[0-9a-f]{32}$/;
const CLOUD_IDS = {
  pattern: /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  words: '32 lower-case hexadecimal digits or a UUID, as in the clouds',
};

/** The form of an id that a provider gave: a number, or one of the clouds' two. */
export function idFormOf(id: string): IdForm {
  if (/^\d{1,15}$/.test(id))
    return { pattern: /^[1-9]\d{0,14}$/, words: 'a whole number', make: () => String(randomInt(1, 2 ** 47)) };
  return { ...CLOUD_IDS, make: HEX.test(id) ? () => randomBytes(16).toString('hex') : randomUUID };
}
