import { parseTime } from '@gateway/tasks';

const ISO = /^\d{4}-\d{2}-\d{2}([T ])\d{2}:\d{2}:\d{2}(\.\d+)?(Z| ?([+-])(\d{2}):?(\d{2})(?: [A-Z]+)?)?$/;
/** Seconds or milliseconds since 1970, of this century's first decades: other numbers are no times. */
const EPOCH = /^1\d{9}(?:\d{3})?$/;

/** The moment that a text tells, in RFC 3339; null where it is no time. */
export function readMoment(text: string): string | null {
  return ISO.test(text) || EPOCH.test(text) ? parseTime(text, ['iso', 'epoch']) : null;
}

/** Another moment, in the form of a time that {@link readMoment} reads. @param time milliseconds since 1970 */
export function writeLike(text: string, time: number): string {
  const match = ISO.exec(text);
  if (match === null) return String(time).slice(0, text.length);
  const [, separator = 'T', fraction = '', zone = '', sign, hours, minutes] = match;
  const offset = sign === undefined ? 0 : Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  const local = new Date(time + offset).toISOString();
  const decimals =
    fraction === ''
      ? ''
      : `.${local
          .slice(20, 23)
          .padEnd(9, '0')
          .slice(0, fraction.length - 1)}`;
  return local.slice(0, 10) + separator + local.slice(11, 19) + decimals + zone;
}
