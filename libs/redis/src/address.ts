/** Where one server listens. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** What a URL says. */
export interface RedisUrl extends RedisAddress {
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly isTls: boolean;
}

/**
 * Read here and not by the client, which would take any of its options from the query of a URL.
 * @throws Error whose message does not repeat the URL, because it may hold a password
 */
export function readRedisUrl(url: string): RedisUrl {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const db = parsed === null ? null : /^\/?(\d{0,5})$/.exec(parsed.pathname);
  if (parsed === null || db === null || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw new Error('The Redis URL is not of the form redis://[user[:password]@]host[:port][/db]');
  }
  if (parsed.search !== '' || parsed.hash !== '') throw new Error('The Redis URL has a query or a fragment');
  const username = decode(parsed.username);
  const password = decode(parsed.password);
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || 6379),
    db: Number(db[1]),
    ...(password === '' ? {} : { password }),
    ...(password === '' || username === '' ? {} : { username }),
    isTls: parsed.protocol === 'rediss:',
  };
}

/**
 * Reads `host:port`; an IPv6 address stands in brackets.
 * @throws Error
 */
export function readRedisAddress(text: string): RedisAddress {
  const [, bracketed, plain, port = ''] = /^(?:\[([\da-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new Error('The address of a Redis server is not of the form host:port');
  }
  return { host, port: Number(port) };
}

/** In another order each time, so that many gateways do not ask the same server first, nor one that is down forever. */
export function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('The Redis URL has a user or password that is not percent-encoded');
  }
}
