import { UpstreamFailure } from './errors/upstream-failure.js';

/** Fills a base URL's `{service}`. The label comes from a provider's description, never from a request. */
export function serviceUrl(template: string, service: string): URL {
  return new URL(template.replaceAll('{service}', service));
}

/**
 * Builds the address of one task below the base URL: each `{member}` of the path becomes one percent-encoded segment, each
 * one of its query one percent-encoded value.
 * @throws UpstreamFailure when a value is missing, or when the address would leave the base URL
 */
export function requestUrl(base: URL, path: string, values: Readonly<Record<string, string | null>>): URL {
  const filled = path.replace(/\{(\w+)\}/g, (_match, member: string) => {
    const value = values[member];
    if (value === undefined || value === null || value === '' || value === '.' || value === '..') throw outside();
    return encode(value);
  });
  const address = base.pathname.replace(/\/+$/, '') + filled;
  const url = new URL(address, base.origin);
  if (url.origin !== base.origin || url.pathname + url.search !== address || url.hash !== '') throw outside();
  return url;
}

/** `encodeURIComponent` leaves a quote bare, which a URL escapes in its query. */
function encode(value: string): string {
  return encodeURIComponent(value).replaceAll("'", '%27');
}

function outside(): UpstreamFailure {
  return new UpstreamFailure({
    problem: 'validation-failed',
    detail: 'The request cannot be put into an upstream address.',
  });
}
