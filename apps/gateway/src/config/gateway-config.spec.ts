import { describe, expect, it } from '@jest/globals';
import { parseConfig } from './load-config.js';

const REGION = {
  regions: [{ name: 'eu-de', endpoint: 'https://{service}.example.com', credentials: { mode: 'passthrough' } }],
};
const TOKEN = 'operator-token-of-32-characters-!';
const parse = (admin: object, more: object = {}) =>
  parseConfig(JSON.stringify({ ...REGION, ...more, admin }), { ADMIN_TOKEN: TOKEN, SHORT: 'short' }, 'test').admin;

describe('the admin section', () => {
  it('is off where it is missing', () => {
    expect(parseConfig(JSON.stringify(REGION), {}, 'test').admin).toBeUndefined();
  });

  it('without a host: listens on loopback', () => {
    expect(parse({ token: '${ADMIN_TOKEN}' })).toEqual({ host: '127.0.0.1', port: 3001, token: TOKEN });
    expect(parse({ token: '${ADMIN_TOKEN}', host: '::1', port: 0 })).toMatchObject({ host: '::1', port: 0 });
  });

  it.each([
    [{}, 'admin.token: token must be'],
    [{ token: TOKEN }, 'admin.token must name an environment variable'],
    [{ token: '${SHORT}' }, 'admin.token: token must be longer than or equal to 32 characters'],
    [{ token: '${UNSET_TOKEN}' }, 'admin.token needs the environment variable UNSET_TOKEN, which is not set'],
    [{ token: '${ADMIN_TOKEN}', port: 65_536 }, 'admin.port: port must not be greater than 65535'],
    [{ token: '${ADMIN_TOKEN}', colour: 'red' }, 'admin.colour is not a known setting'],
    [{ token: '${ADMIN_TOKEN}', port: 3000 }, 'admin.port must not be that of server.port'],
  ])('%j is refused: %s', (admin, violation) => {
    expect(() => parse(admin)).toThrow(violation);
    expect(() => parse(admin)).not.toThrow(TOKEN);
  });
});
