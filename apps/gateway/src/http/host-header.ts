import type { IncomingMessage } from 'node:http';

/** `uri-host [":" port]` (RFC 9110, 7.2), a name in it as loose as RFC 3986 has names; may be empty. */
const HOST = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\da-f:.]+\])(?::\d*)?$/i;

/** What is wrong with the Host of a request, for which RFC 9112 (3.2) wants a 400; null if nothing is. */
export function hostFault({ rawHeaders, headers, httpVersion }: IncomingMessage): string | null {
  const count = hostCount(rawHeaders);
  if (count > 1 || (count === 0 && httpVersion === '1.1')) return 'There must be one Host.';
  return HOST.test(headers.host ?? '') ? null : 'Host is no name or address of a host.';
}

/** Of raw headers, in which names and values take turns. */
function hostCount(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}
