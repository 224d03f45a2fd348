const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const QUOTED = '"(?:[\\t !#-[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*"';
/** Name and value; spaces around the sign are bad, and to be read (RFC 9110, 5.6.3). */
const NAMED = `${TOKEN}(?:[\\t ]*=[\\t ]*(?:${TOKEN}|${QUOTED}))?`;
/** Members of a list, also malformed ones: commas in quotes separate nothing. */
const MEMBERS = /(?:[^",]|"(?:[^"\\]|\\.)*(?:"|\\?$))+/g;
const PREFERENCE = new RegExp(`^[\\t ]*${NAMED}(?:[\\t ]*;(?:[\\t ]*${NAMED})?)*[\\t ]*$`);
const IS_WAIT = /^[\t ]*wait(?![\w!#$%&'*+.^`|~-])/i;
const VALUE = new RegExp(`^[^=;]*=[\\t ]*(${TOKEN}|${QUOTED})`);
/** More seconds than a century has are no wish. */
const SECONDS = /^\d{1,10}$/;

/**
 * Whole seconds, at least 1, that a `Prefer` field (RFC 7240) asks to wait; null where it asks for none. Of several
 * `wait` the first counts, also where it is malformed.
 */
export function waitPreference(field: string | undefined): number | null {
  if (field === undefined) return null;
  const wait = field.match(MEMBERS)?.find((member) => IS_WAIT.test(member));
  if (wait === undefined || !PREFERENCE.test(wait)) return null;
  const word = VALUE.exec(wait)?.[1] ?? '';
  const value = word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word;
  const seconds = SECONDS.test(value) ? Number(value) : 0;
  return seconds === 0 ? null : seconds;
}
