/** What a request's `Cache-Control` (RFC 9111, 5.2.1) asks of this gateway. */
export interface CacheDirectives {
  /** The upstream must be asked: `no-cache`, `no-store`, or `max-age=0`. */
  readonly reload: boolean;
  /** The upstream must not be asked. */
  readonly onlyIfCached: boolean;
  /** The answer must not be kept. */
  readonly noStore: boolean;
  /** Oldest acceptable answer in seconds; null for any. */
  readonly maxAgeSeconds: number | null;
}

const NONE: CacheDirectives = { reload: false, onlyIfCached: false, noStore: false, maxAgeSeconds: null };

/** Reads the field; unknown directives are ignored, as the standard asks. */
export function cacheDirectives(field: string | undefined): CacheDirectives {
  if (field === undefined) return NONE;
  const directives = new Map<string, string>();
  for (const part of field.toLowerCase().split(',')) {
    const [name = '', value = ''] = part.split('=', 2).map((text) => text.trim());
    directives.set(name, value.replace(/^"(.*)"$/, '$1'));
  }
  const maxAge = directives.get('max-age') ?? '';
  const maxAgeSeconds = /^\d{1,10}$/.test(maxAge) ? Number(maxAge) : null;
  const noStore = directives.has('no-store');
  return {
    reload: noStore || directives.has('no-cache') || maxAgeSeconds === 0,
    onlyIfCached: directives.has('only-if-cached'),
    noStore,
    maxAgeSeconds,
  };
}
