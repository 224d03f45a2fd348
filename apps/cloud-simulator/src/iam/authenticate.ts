import { timingSafeEqual } from 'node:crypto';
import { findKey, findToken, projectsOf } from '../accounts.js';
import type { AccessKey, Principal } from '../accounts.js';
import { notAuthenticated } from '../front.js';
import { headerOf } from '../http/call.js';
import type { Call } from '../http/call.js';
import type { Reply } from '../http/reply.js';
import type { World } from '../world.js';
import { readCredential } from './credential.js';
import type { Credential, TokenScheme } from './credential.js';
import { signatureOf } from './signature.js';

const MAX_SKEW_MS = 15 * 60_000;

/** Errors that every service words in its own dialect. */
export type TokenError = 'token-missing' | 'token-invalid' | 'token-expired';

/** Who asks and which projects the credential opens, or why it is refused. */
export type Authentication =
  | { readonly kind: 'accepted'; readonly principal: Principal; readonly projects: readonly string[] }
  | { readonly kind: 'token'; readonly error: TokenError }
  /** Signatures are checked by the API front, so all services refuse them in its words. */
  | { readonly kind: 'front'; readonly reply: Reply };

/** Verifies the credential of a request for real. @param scheme where the cloud reads tokens; those that take bearer tokens take nothing else */
export function authenticate(world: World, call: Call, scheme: TokenScheme): Authentication {
  const credential = readCredential(call);
  if (credential.kind === 'token' && credential.scheme === scheme)
    return authenticateToken(world, credential.value, scheme);
  return credential.kind === 'signature' && scheme === 'x-auth-token'
    ? authenticateSignature(world, call, credential)
    : { kind: 'token', error: 'token-missing' };
}

function authenticateToken(world: World, value: string, scheme: TokenScheme): Authentication {
  const owner = scheme === 'bearer' ? findToken(world.accounts, value) : null;
  if (owner !== null) return { kind: 'accepted', principal: owner, projects: projectsOf(owner).map(({ id }) => id) };
  const token = world.tokens.find(value);
  if (token === 'unknown') return { kind: 'token', error: 'token-invalid' };
  if (token === 'expired') return { kind: 'token', error: 'token-expired' };
  const { principal, scope } = token;
  return { kind: 'accepted', principal, projects: scope.kind === 'project' ? [scope.id] : [] };
}

type Signature = Extract<Credential, { kind: 'signature' }>;

function authenticateSignature(world: World, call: Call, credential: Signature): Authentication {
  const { access } = credential;
  if (world.lockout.isLocked(access))
    return { kind: 'front', reply: notAuthenticated(call.id, 'AK access failed to reach the limit,forbidden') };
  const owner = findKey(world.accounts, access);
  const fault =
    owner === null
      ? `Get secretKey failed,ak:${access},err:ak not exist`
      : signatureFault(world, call, credential, owner.key);
  if (owner === null || fault !== null) {
    world.lockout.fail(access);
    return { kind: 'front', reply: notAuthenticated(call.id, fault ?? '') };
  }
  world.lockout.succeed(access);
  const own = projectsOf(owner).map(({ id }) => id);
  const chosen = headerOf(call, 'x-project-id');
  return { kind: 'accepted', principal: owner, projects: chosen === null ? own : own.filter((id) => id === chosen) };
}

function signatureFault(world: World, call: Call, credential: Signature, key: AccessKey): string | null {
  const date = headerOf(call, 'x-sdk-date') ?? '';
  const time = readDate(date);
  if (time === null) return 'verify aksk signature fail,x-sdk-date is missing or malformed';
  if (Math.abs(world.clock.now() - time) > MAX_SKEW_MS)
    return `calc aksk signature fail:signature expired, signature time:${date},server time:${dateText(world.clock.now())}`;
  if ((headerOf(call, 'x-security-token') ?? undefined) !== key.securityToken) return 'verify aksk signature fail';
  const expected = signatureOf({ ...call, body: call.body ?? '' }, credential.signedHeaders, key.secret);
  const signed = credential.signedHeaders.includes('x-sdk-date');
  return signed && isSame(expected, credential.signature) ? null : 'verify aksk signature fail';
}

function readDate(text: string): number | null {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? null : time;
}

function dateText(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a, 'hex'), Buffer.from(b, 'hex')];
  return left.length === right.length && timingSafeEqual(left, right);
}
