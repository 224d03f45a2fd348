import { createHmac } from 'node:crypto';
import { Problem, validationFailed } from '@gateway/problems';
import type { Violation } from '@gateway/problems';
import type { AccessConfig, ApiKeySettings, JwtSettings } from '../config/access-config.js';
import { drawKey } from '../siblings/siblings.js';
import type { Grant } from './access-policy.js';
import { ApiKeys, grantedBy } from './api-keys.js';
import { BearerTokens } from './bearer-tokens.js';
import type { Bearer } from './bearer-tokens.js';
import { readApiKey, readBearer, readCloudToken } from './credential-headers.js';
import type { CredentialSource, SentCredential } from './credential-headers.js';
import { KeysUnavailable } from './issuer-keys.js';
import type { IssuerKeys } from './issuer-keys.js';

/** Who asks. */
export interface Caller {
  /** The caller's own cloud token (`X-Auth-Token`). */
  readonly token: string | null;
  /** Stands for the whole credential wherever callers are distinguished; reveals nothing of it, and may appear in logs. */
  readonly principal: string;
  /** Stands for the access credential alone: limits count by it, whatever cloud token comes along. */
  readonly account: string;
  readonly grant: Grant;
  /** Epoch milliseconds at which the access credential itself ends; null for those that do not tell. */
  readonly endsAt: number | null;
  /** What the caller's bearer token says, where it showed one. */
  readonly bearer?: Bearer;
}

/** Principal of everybody who brings nothing. */
export const ANONYMOUS = 'anonymous';

/** What the guard found out about a request. */
export interface Authentication {
  readonly caller: Caller;
  /** What is wrong with credentials that the request may turn out not to need. */
  readonly violations: readonly Violation[];
}

/** One way of finding out who asks. */
export interface Authenticator {
  /** Finds out who sent a request. A promise only where it has to wait. @throws Problem */
  readonly authenticate: (request: CredentialSource) => Authentication | Promise<Authentication>;
  /** What a caller is here whom another configuration has let in. @throws Problem `unauthenticated` */
  readonly readmit: (caller: Caller) => Caller;
}

/** Whoever is let in without the gateway's knowing anybody stays in: there is nothing to look up. */
const asBefore = (caller: Caller): Caller => caller;

const EVERYTHING: Grant = { kind: 'everything' };
const OWN_TOKEN: Grant = { kind: 'own-token' };
/** Seconds after which it is worth asking again for the issuer's keys. */
const KEYS_RETRY_SECONDS = 5;

/** A caller of whom nothing is known, and who is trusted with nothing. */
export const NOBODY: Authentication = {
  caller: { token: null, principal: ANONYMOUS, account: ANONYMOUS, grant: OWN_TOKEN, endsAt: null },
  violations: [],
};

/**
 * The configured way of finding out who asks.
 * @param principals names of callers, the same as long as the process lives @param keysOf keys of an issuer of bearer tokens
 */
export function authenticatorOf(
  { mode, apiKeys, jwt }: AccessConfig,
  principals: Principals,
  keysOf: (jwt: JwtSettings) => IssuerKeys,
): Authenticator {
  switch (mode) {
    case 'open':
      return {
        readmit: asBefore,
        authenticate: (request) => {
          const { token, violations } = cloudToken(request);
          const principal = token === null ? ANONYMOUS : principals.of('token', token);
          return { caller: { token, principal, account: principal, grant: EVERYTHING, endsAt: null }, violations };
        },
      };
    case 'passthrough':
      return {
        readmit: asBefore,
        authenticate: (request) => {
          const token = oneOf(readCloudToken(request));
          if (token === null) throw unauthenticated('Send your own cloud token as X-Auth-Token.', 'X-Auth-Token');
          const principal = principals.of('token', token);
          return { caller: { token, principal, account: principal, grant: OWN_TOKEN, endsAt: null }, violations: [] };
        },
      };
    case 'apiKey':
      return byApiKey(apiKeys ?? [], principals);
    case 'jwt':
      if (jwt === undefined) throw new Error('mode jwt without its settings');
      return byBearer(new BearerTokens(jwt, keysOf(jwt)), principals);
  }
}

function byApiKey(settings: readonly ApiKeySettings[], principals: Principals): Authenticator {
  const keys = new ApiKeys(settings);
  // As many as there are keys: only a cloud token makes one that is not known beforehand.
  const known = new Map<string, string>();
  const principalOf = (fingerprint: string): string => {
    const principal = known.get(fingerprint) ?? principals.of('apiKey', fingerprint, null);
    known.set(fingerprint, principal);
    return principal;
  };
  let byAccount: ReadonlyMap<string, ApiKeySettings> | undefined;
  const readmit = (caller: Caller): Caller => {
    byAccount ??= new Map(settings.map((own) => [principalOf(own.sha256.toLowerCase()), own]));
    const own = byAccount.get(caller.account);
    if (own === undefined) throw unknownKey();
    return { ...caller, grant: grantedBy(own) };
  };
  const authenticate = (request: CredentialSource): Authentication => {
    const key = oneOf(readApiKey(request));
    if (key === null) throw unauthenticated('Send your key as X-API-Key.', 'X-API-Key');
    const found = keys.find(key);
    if (found === null) throw unknownKey();
    const { token, violations } = cloudToken(request);
    const { fingerprint } = found;
    const account = principalOf(fingerprint);
    const principal = token === null ? account : principals.of('apiKey', fingerprint, token);
    return { caller: { token, principal, account, grant: found.grant, endsAt: null }, violations };
  };
  return { authenticate, readmit };
}

function unknownKey(): Problem {
  return unauthenticated('The key in X-API-Key is not known.', 'X-API-Key');
}

function byBearer(tokens: BearerTokens, principals: Principals): Authenticator {
  const authenticationBy = (request: CredentialSource, bearer: Bearer | null): Authentication => {
    if (bearer === null) throw invalidBearer();
    const { token, violations } = cloudToken(request);
    const { issuer, subject, tenant, grant, endsAt } = bearer;
    const account = principals.of('jwt', issuer, subject, tenant, null);
    const principal = token === null ? account : principals.of('jwt', issuer, subject, tenant, token);
    return { caller: { token, principal, account, grant, endsAt, bearer }, violations };
  };
  const readmit = (caller: Caller): Caller => {
    const bearer = caller.bearer === undefined ? null : tokens.readmit(caller.bearer);
    // Its tenant may be named by another claim now: it would be somebody else.
    if (bearer === null || bearer.tenant !== caller.bearer?.tenant) throw invalidBearer();
    return { ...caller, grant: bearer.grant, endsAt: bearer.endsAt, bearer };
  };
  const authenticate = (request: CredentialSource): Authentication | Promise<Authentication> => {
    const sent = oneOf(readBearer(request));
    if (sent === null) throw unauthenticated('Send your token as Authorization: Bearer.', 'Bearer');
    const checked = tokens.check(sent);
    if (!(checked instanceof Promise)) return authenticationBy(request, checked);
    return checked.then(
      (bearer) => authenticationBy(request, bearer),
      (error: unknown) => {
        throw error instanceof KeysUnavailable ? keysUnavailable() : error;
      },
    );
  };
  return { authenticate, readmit };
}

/** A cloud token that comes along: needed by some regions only, so that what is wrong with it is reported with the rest. */
function cloudToken(request: CredentialSource): {
  readonly token: string | null;
  readonly violations: readonly Violation[];
} {
  const sent = readCloudToken(request);
  if (sent.kind === 'wrong') return { token: null, violations: [sent.violation] };
  return { token: sent.kind === 'one' ? sent.value : null, violations: [] };
}

function oneOf(sent: SentCredential): string | null {
  if (sent.kind === 'wrong') throw validationFailed([sent.violation]);
  return sent.kind === 'one' ? sent.value : null;
}

function unauthenticated(detail: string, scheme: string, more = ''): Problem {
  return new Problem('unauthenticated', { detail, challenge: `${scheme} realm="task-gateway"${more}` });
}

/** Also for one that has ended while its request was waiting. */
export function invalidBearer(): Problem {
  return unauthenticated('The bearer token is not valid.', 'Bearer', ', error="invalid_token"');
}

/** Not the caller's fault, and not a verdict on its token. */
function keysUnavailable(): Problem {
  const detail = 'The keys that bearer tokens are checked with cannot be had at the moment.';
  return new Problem('upstream-unavailable', { detail, retryAfterSeconds: KEYS_RETRY_SECONDS });
}

/** Names callers by a keyed hash (HMAC-SHA256, base64url): without the key it reveals nobody. */
export class Principals {
  /** @param key without one, principals mean nothing outside this process */
  constructor(private readonly key: string = drawKey()) {}

  /** @param parts the whole credential, or what it says about its owner; the kind of credential comes first */
  of(...parts: readonly [kind: string, ...(string | null)[]]): string {
    return createHmac('sha256', this.key).update(JSON.stringify(parts)).digest('base64url');
  }
}
