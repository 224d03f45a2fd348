import type { JsonObject } from '@gateway/tasks';
import { findProject } from '../accounts.js';
import { prefixesOf } from '../address.js';
import type { World } from '../world.js';
import type { Token } from './tokens.js';

/** The body that goes with a token. @param host where the catalog says that the services are; null leaves it out */
export function tokenBody(world: World, token: Token, host: string | null): JsonObject {
  const { account, user } = token.principal;
  const domain = { id: account.id, name: account.name };
  const project = token.scope.kind === 'project' ? findProject(world.accounts, token.scope.id) : null;
  return {
    token: {
      expires_at: microseconds(token.expiresAt),
      issued_at: microseconds(token.issuedAt),
      methods: ['password'],
      ...(host !== null && { catalog: catalog(world, host) }),
      roles: [{ id: '0', name: 'te_agency' }],
      ...(project !== null && { project: { domain, id: project.id, name: project.name } }),
      ...(token.scope.kind === 'domain' && { domain }),
      user: { domain, id: user.id, name: user.name, password_expires_at: '' },
    },
  };
}

function catalog(world: World, host: string): readonly JsonObject[] {
  return world.services.map(({ provider }) => {
    const [prefix = []] = prefixesOf(provider);
    const [name, url] = [provider.id, `http://${[host, ...prefix].join('/')}`];
    const endpoint = { id: `endpoint-${name}`, interface: 'public', region: '*', region_id: '*', url };
    return { id: `catalog-${name}`, name, type: name, endpoints: [endpoint] };
  });
}

/** The clouds write six decimals. */
function microseconds(time: number): string {
  return new Date(time).toISOString().replace('Z', '000Z');
}
