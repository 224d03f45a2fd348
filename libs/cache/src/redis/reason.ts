import { RedisRefusal } from '../redis-connection.js';

/** Texts of errors may hold addresses, commands and passwords: only words that cannot are repeated. */
export function reasonOf(error: unknown): string {
  if (error instanceof RedisRefusal) return error.word;
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code)) return code;
  return message === 'Command timed out' ? 'no answer in time' : 'connection lost';
}
