/**
 * The address in front of every path, without a slash at its end. In a browser it may be relative to the page.
 * @throws TypeError for what no request can be sent to
 */
export function readBaseUrl(baseUrl: string): string {
  const page = (globalThis as { location?: { href?: string } }).location?.href;
  const url = URL.canParse(baseUrl, page) ? new URL(baseUrl, page) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new TypeError(`baseUrl is no http or https address: ${baseUrl}`);
  // Not repeated in the message: it may be a password.
  if (url.username !== '' || url.password !== '') throw new TypeError('baseUrl must not hold credentials: use headers');
  if (url.search !== '' || url.hash !== '') throw new TypeError(`baseUrl must end with a path: ${baseUrl}`);
  return url.href.replace(/\/+$/, '');
}
