import { createHash } from 'node:crypto';

/** 32 hexadecimal digits that stay the same for the same task: its results must not change between two looks. */
export function madeUpId(taskId: string, what: string): string {
  return createHash('sha256').update(`${taskId}/${what}`).digest('hex').slice(0, 32);
}

/** {@link madeUpId} in the form of a UUID. */
export function madeUpUuid(taskId: string, what: string): string {
  return madeUpId(taskId, what).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** ISO 8601 with milliseconds, in UTC. @param time milliseconds since 1970 */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}

/** Something made up in the form of an id that was seen: a number of as many digits, a UUID, or hexadecimal digits. */
export function madeUpLike(id: string, taskId: string, what: string): string {
  const digits = madeUpId(taskId, what);
  if (/^\d+$/.test(id)) {
    const least = 10n ** BigInt(id.length - 1);
    return String(least + (BigInt(`0x${digits}`) % (9n * least)));
  }
  return id.includes('-') ? madeUpUuid(taskId, what) : digits;
}
