import type { RedisOptions } from 'ioredis';

/** Read here and not by the client, which would take any of its options from the query of a URL. */
export function addressOf(url: string): RedisOptions {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const db = parsed === null ? null : /^\/?(\d{0,5})$/.exec(parsed.pathname);
  if (parsed === null || db === null || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw new Error('The Redis URL is not of the form redis://[user[:password]@]host[:port][/db]');
  }
  if (parsed.search !== '' || parsed.hash !== '') throw new Error('The Redis URL has a query or a fragment');
  const password = decode(parsed.password);
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || 6379),
    db: Number(db[1]),
    ...(password === '' ? {} : { password, username: decode(parsed.username) || undefined }),
    ...(parsed.protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('The Redis URL has a user or password that is not percent-encoded');
  }
}
