/** Begins the message that another version of a task is stored. */
export const CHANGED_MESSAGE = 'changed';

/** @param version without a space, as in every ETag; the key may have some */
export function changedMessage(version: string, key: string): string {
  return `${CHANGED_MESSAGE} ${version} ${key}`;
}

/** Null for what is none: anybody may send anything. */
export function readChanged(message: string): { readonly version: string; readonly key: string } | null {
  const [, version, key] = /^changed (\S+) (.*)$/s.exec(message) ?? [];
  return version === undefined || key === undefined ? null : { version, key };
}
