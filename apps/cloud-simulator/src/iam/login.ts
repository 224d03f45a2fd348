import { asObject, isObject } from '@gateway/tasks';
import type { JsonObject } from '@gateway/tasks';
import type { Reference } from '../accounts.js';

/** A login as it was asked for. */
export interface Login {
  readonly user: Reference;
  readonly domain: Reference | null;
  readonly password: string;
  /** A project wins over a domain that is named too. */
  readonly scope: {
    readonly project: (Reference & { readonly domain: Reference | null }) | null;
    readonly domain: Reference | null;
  };
}

/** Thrown by {@link readLogin}. */
export class MalformedLogin extends Error {
  override readonly name = 'MalformedLogin';
}

/**
 * Reads the body of a login with the password method.
 * @throws MalformedLogin if something is missing or of the wrong kind
 */
export function readLogin(body: Buffer | null): Login {
  const auth = member(parse(body), 'auth', 'request body');
  const identity = member(auth, 'identity', 'auth');
  const methods = identity['methods'];
  if (!Array.isArray(methods) || methods.length !== 1 || methods[0] !== 'password')
    throw missing('methods', 'identity');
  const user = member(member(identity, 'password', 'identity'), 'user', 'password');
  const { password } = user;
  if (typeof password !== 'string') throw missing('password', 'user');
  const domain = isObject(user['domain']) ? reference(user['domain'], 'domain') : null;
  const named = reference(user, 'user');
  if (named.id === undefined && domain === null) throw missing('domain', 'user');
  return { user: named, domain, password, scope: readScope(auth['scope']) };
}

function readScope(value: unknown): Login['scope'] {
  if (value === undefined) return { project: null, domain: null };
  if (!isObject(value)) throw missing('scope', 'auth');
  const { project, domain } = value;
  if (!isObject(project) && !isObject(domain)) throw missing('project', 'scope');
  return {
    project: isObject(project)
      ? {
          ...reference(project, 'project'),
          domain: isObject(project['domain']) ? reference(project['domain'], 'domain') : null,
        }
      : null,
    domain: isObject(domain) ? reference(domain, 'domain') : null,
  };
}

function reference(object: JsonObject, what: string): Reference {
  const { id, name } = object;
  if (typeof id !== 'string' && typeof name !== 'string') throw missing('id or name', what);
  return { ...(typeof id === 'string' && { id }), ...(typeof name === 'string' && { name }) };
}

function member(object: JsonObject, name: string, where: string): JsonObject {
  const value = object[name];
  if (!isObject(value)) throw missing(name, where);
  return value;
}

function parse(body: Buffer | null): JsonObject {
  try {
    return asObject(JSON.parse((body ?? '').toString()));
  } catch {
    throw new MalformedLogin('The request body is not valid JSON.');
  }
}

function missing(name: string, where: string): MalformedLogin {
  return new MalformedLogin(
    `Expecting to find ${name} in ${where}. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.`,
  );
}
