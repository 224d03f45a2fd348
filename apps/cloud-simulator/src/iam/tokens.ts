import { randomBytes } from 'node:crypto';
import type { Principal } from '../accounts.js';
import type { Clock } from '../clock.js';

/** Where a token opens doors: one project, the account itself, or nowhere. */
export type TokenScope =
  { readonly kind: 'project'; readonly id: string } | { readonly kind: 'domain' } | { readonly kind: 'none' };

export interface Token {
  readonly value: string;
  readonly principal: Principal;
  readonly scope: TokenScope;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export type Revocation = 'expired' | 'invalid';

/** The tokens that were issued; an expired one is remembered, because the clouds tell expired from unknown. */
export interface TokenStore {
  readonly issue: (principal: Principal, scope: TokenScope) => Token;
  readonly find: (value: string) => Token | 'expired' | 'unknown';
  /** Ends all tokens, or those of one user; returns how many. */
  readonly revoke: (as: Revocation, userName?: string) => number;
  readonly reset: () => void;
}

/** @param length characters of a token @param lifeMs milliseconds until a token expires */
export function createTokenStore(clock: Clock, length: number, lifeMs: number): TokenStore {
  const tokens = new Map<string, Token>();
  return {
    issue(principal, scope) {
      const now = clock.now();
      const token = { value: tokenText(length), principal, scope, issuedAt: now, expiresAt: now + lifeMs };
      tokens.set(token.value, token);
      return token;
    },
    find(value) {
      const token = tokens.get(value);
      if (token === undefined) return 'unknown';
      return clock.now() < token.expiresAt ? token : 'expired';
    },
    revoke(as, userName) {
      const revoked = [...tokens.values()].filter(
        ({ principal }) => (userName ?? principal.user.name) === principal.user.name,
      );
      for (const token of revoked) {
        if (as === 'invalid') tokens.delete(token.value);
        else tokens.set(token.value, { ...token, expiresAt: Number.NEGATIVE_INFINITY });
      }
      return revoked.length;
    },
    reset: () => tokens.clear(),
  };
}

/** Looks like the signed envelopes of the clouds: base64 that starts with `MII`, with dashes for slashes. */
function tokenText(length: number): string {
  return `MII${randomBytes(length).toString('base64').replaceAll('/', '-')}`.slice(0, length);
}
