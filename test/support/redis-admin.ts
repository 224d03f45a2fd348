import { Redis } from 'ioredis';

/** A client that may do everything, and is gone at once when it disconnects. */
export function redisAdmin(url: string): Redis {
  const admin = new Redis(url, { disconnectTimeout: 10 });
  admin.on('error', () => undefined);
  return admin;
}
