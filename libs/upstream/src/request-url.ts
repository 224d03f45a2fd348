import { UpstreamFailure } from './errors/upstream-failure.js';

/** Fills a base URL's `{service}`. The label comes from a provider's description, never from a request. */
export function serviceUrl(template: string, service: string): URL {
  return new URL(template.replaceAll('{service}', service));
}

/**
 * Builds the address of one task: each `{member}` of the path becomes one percent-encoded segment below the base URL.
 * @throws UpstreamFailure when a segment is missing, or when the address would leave the base URL
 */
export function requestUrl(base: URL, path: string, segments: Readonly<Record<string, string | null>>): URL {
  const prefix = base.pathname.replace(/\/+$/, '');
  const filled = path.replace(/\{(\w+)\}/g, (_match, member: string) => {
    const value = segments[member];
    if (value === undefined || value === null || value === '' || value === '.' || value === '..') throw outside();
    return encodeURIComponent(value);
  });
  const url = new URL(prefix + filled, base.origin);
  if (url.origin !== base.origin || url.pathname !== prefix + filled || url.search !== '') throw outside();
  return url;
}

function outside(): UpstreamFailure {
  return new UpstreamFailure({
    problem: 'validation-failed',
    detail: 'The request cannot be put into an upstream address.',
  });
}
