/**
 * Whether an `If-None-Match` field (RFC 9110, 13.1.2) names this validator: a list or `*`, compared weakly.
 * A field that is no list of entity tags matches nothing.
 */
export function matchesEtag(field: string | undefined, etag: string): boolean {
  if (field === undefined) return false;
  // What nearly everybody sends.
  if (field === etag) return true;
  if (field.trim() === '*') return true;
  const opaque = etag.replace(/^W\//, '');
  const tags = LIST.test(field) ? field.match(TAG) : null;
  return tags?.some((tag) => tag.replace(/^W\//, '') === opaque) ?? false;
}

/** Empty members of a list are to be ignored (RFC 9110, 5.6.1). */
const LIST = /^[\s,]*(?:(?:W\/)?"[\x21\x23-\x7e\x80-\uffff]*"\s*(?:,[\s,]*|$))+$/;
const TAG = /(?:W\/)?"[^"]*"/g;
