import type { ServerConfig } from '../config/gateway-config.js';

const LOCALHOST = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

/** Origins whose pages may read answers; none switches CORS off. */
export function corsOrigins({ corsOrigins: exact, corsLocalhost }: ServerConfig): (string | RegExp)[] {
  return corsLocalhost ? [...exact, LOCALHOST] : [...exact];
}
