import { Injectable } from '@nestjs/common';
import { withDeadline } from '@gateway/async';
import { LRUCache } from 'lru-cache';
import { TaskCache } from '@gateway/cache';
import { Problem } from '@gateway/problems';
import { UpstreamClient, UpstreamFailure, upstreamTimeout } from '@gateway/upstream';
import type { LookupTarget } from '@gateway/upstream';
import type { Caller } from '../access/authentication.js';
import { GatewayConfig } from '../config/gateway-config.js';

/** Whose credential the upstream is asked with, where that is the gateway's own. */
const GATEWAY = 'gateway';

/** Principals whose tokens have been forgotten because their proofs were voided. */
const MAX_VOIDED = 10_000;

/** One caller before one task: what has to be shown before anything stored may be seen. */
export interface TaskAccess {
  readonly caller: Caller;
  readonly target: LookupTarget;
  /**
   * Of the cache, by whose credential asks the upstream: the caller's principal, or the gateway. Failures, negative entries
   * and fetches under way are shared among those who ask with the same credential, and with nobody else.
   */
  readonly partition: string;
  /**
   * What proves that the caller may read the scope. `policy`: the gateway's own, looked at in every request.
   * `upstream`: the upstream itself, when it answered the caller's token. `token`: the cloud's identity service, which
   * tells the token's project.
   */
  readonly proof: 'policy' | 'upstream' | 'token';
}

/** Taken before a proof is asked for: one that a purge or a revocation overtakes is none. */
interface ProofMoment {
  readonly epoch: string;
  readonly revision: number;
  /** Epoch milliseconds: other replicas may have revoked proofs that this one still holds. */
  readonly at: number;
}

/** Decides whether what is stored may be shown to a caller. */
@Injectable()
export class AccessProofs {
  /** By principal and scope: in which epoch of its proofs, after which revocation, the cloud was asked about its token. */
  private readonly askedIn = new LRUCache<string, string>({ max: MAX_VOIDED });

  private readonly proofMs: number;

  constructor(
    private readonly config: GatewayConfig,
    private readonly cache: TaskCache,
    private readonly upstream: UpstreamClient,
  ) {
    this.proofMs = config.cache.proofTtlSeconds * 1000;
  }

  accessOf(caller: Caller, target: LookupTarget): TaskAccess {
    const ownToken = this.upstream.isPassthrough(target.address.region);
    const partition = ownToken ? caller.principal : GATEWAY;
    return { caller, target, partition, proof: this.kindOf(caller, target.address.region, ownToken) };
  }

  /** Whether this process knows already that the caller may read. */
  hasLocal({ caller, target, proof }: TaskAccess): boolean {
    return proof === 'policy' || scopesOf(target).every((scope) => this.cache.proofs.hasLocal(caller.principal, scope));
  }

  /** Epoch milliseconds until which this process knows the proof to live: Infinity for the policy's, -Infinity for none. */
  endsAt({ caller, target, proof }: TaskAccess): number {
    if (proof === 'policy') return Number.POSITIVE_INFINITY;
    return Math.min(...scopesOf(target).map((scope) => this.cache.proofs.endsAt(caller.principal, scope)));
  }

  /** Whether a live proof is known already, here or in Redis: no upstream is asked. Never rejects. */
  async isKnown(access: TaskAccess): Promise<boolean> {
    return this.hasLocal(access) || this.isProven(access.caller, access.target);
  }

  /**
   * Whether the caller has a live proof, asking Redis and, where a token's project is proof, the identity service.
   * @throws Problem `permission-denied` where the token is of another project and nothing else could prove anything
   * @throws Problem when the identity service refuses the token, or cannot be asked
   */
  async has(access: TaskAccess, signal: AbortSignal): Promise<boolean> {
    if (await this.isKnown(access)) return true;
    return access.proof === 'token' && this.byToken(access, signal);
  }

  /**
   * What the gateway's own credential has brought is about to be shown: a purge may have voided meanwhile what let the caller ask.
   * @throws Problem as {@link has}
   */
  async confirm(access: TaskAccess, signal: AbortSignal): Promise<void> {
    if (access.partition === GATEWAY) await this.has(access, signal);
  }

  /**
   * Whether all of the partition may read what others store meanwhile. Never rejects: one caller's failure would be that
   * of all who share the fetch.
   */
  async isReadableByPartition({ caller, target, partition }: TaskAccess): Promise<boolean> {
    // For the gateway's own credential each has shown a proof before it came to ask.
    return partition === GATEWAY || this.isProven(caller, target);
  }

  private async isProven({ principal }: Caller, target: LookupTarget): Promise<boolean> {
    const proven = await Promise.all(scopesOf(target).map((scope) => this.cache.proofs.has(principal, scope)));
    return proven.every(Boolean);
  }

  /**
   * Milliseconds that the caller's own token will live; null where nobody can tell, or not within the time that a
   * connection may take: the upstream has just accepted it. Never rejects.
   */
  private async lifetimeOf({ caller, target }: TaskAccess): Promise<number | null> {
    const { address } = target;
    const { token } = caller;
    if (token === null || !this.upstream.inspectsTokens(address.region)) return null;
    return withDeadline(this.config.upstream.connectMs, {}, upstreamTimeout, ({ signal }) =>
      this.upstream.tokenFacts(address, token, signal, this.proofMs),
    ).then(
      (facts) => facts?.lifetimeMs ?? null,
      (error: unknown) => (isRejection(error) ? 0 : null),
    );
  }

  momentOf({ caller, target }: TaskAccess): ProofMoment {
    const { proofs } = this.cache;
    return {
      epoch: proofs.epochOf(caller.principal),
      revision: proofs.revisionOf(caller.principal, target.address.scope),
      at: Date.now(),
    };
  }

  /** The upstream has answered the caller's own token, asked since that moment. Never rejects. */
  async keep(access: TaskAccess, since: ProofMoment): Promise<void> {
    if (access.proof === 'policy') return;
    const lifetimeMs = await this.lifetimeOf(access);
    if (!this.isOvertaken(access, since)) this.store(access, lifetimeMs, since);
  }

  /** The cloud has refused the caller's own token: it is no proof any more, in other replicas neither. */
  revoke({ caller, target, proof }: TaskAccess): void {
    if (proof === 'policy') return;
    for (const scope of scopesOf(target)) this.cache.proofs.revoke(caller.principal, scope);
  }

  private kindOf({ grant }: Caller, region: string, ownToken: boolean): TaskAccess['proof'] {
    if (!ownToken) return grant.kind === 'own-token' ? 'token' : 'policy';
    return this.config.access.tokenProvesProject && this.upstream.inspectsTokens(region) ? 'token' : 'upstream';
  }

  private async byToken(access: TaskAccess, signal: AbortSignal): Promise<boolean> {
    const { caller, target } = access;
    const { provider } = target;
    const { region, projectId } = target.address;
    const { token } = caller;
    const since = this.momentOf(access);
    if (token !== null) this.forgetVoided(target, caller.principal, token, since);
    const facts =
      token === null
        ? null
        : await this.upstream.tokenFacts(target.address, token, signal, this.proofMs).catch((error: unknown) => {
            if (isRejection(error)) this.revoke(access);
            throw error;
          });
    if (this.isOvertaken(access, since)) return this.byToken(access, signal);
    if (facts !== null && facts.projectId !== null && facts.projectId === projectId) {
      const { lifetimeMs, ageMs } = facts;
      this.store(access, Math.min(lifetimeMs, this.proofMs - ageMs), { ...since, at: since.at - ageMs });
      return true;
    }
    // With the caller's own token the upstream can still be asked; with the gateway's credentials it must not be.
    if (this.upstream.isPassthrough(region)) return false;
    throw new Problem('permission-denied', {
      detail: 'Your token is not of the project that is asked about.',
      provider: provider.id,
    });
  }

  /** Facts about a token from before its bearer's proofs were voided or revoked prove nothing any more. */
  private forgetVoided(target: LookupTarget, principal: string, token: string, since: ProofMoment): void {
    const { region } = target.address;
    const { epoch, revision } = since;
    const name = `${principal} ${target.address.scope}`;
    const present = revision === 0 ? epoch : `${epoch} ${revision}`;
    if (present === (this.askedIn.get(name) ?? '')) return;
    this.upstream.forgetToken(region, token);
    this.askedIn.set(name, present);
  }

  private isOvertaken(access: TaskAccess, since: ProofMoment): boolean {
    const { epoch, revision } = this.momentOf(access);
    return epoch !== since.epoch || revision !== since.revision;
  }

  private store(access: TaskAccess, lifetimeMs: number | null, since: ProofMoment): void {
    const { principal } = access.caller;
    const ttlMs = Math.min(this.proofMs, lifetimeMs ?? Number.POSITIVE_INFINITY);
    for (const scope of scopesOf(access.target)) this.cache.proofs.set(principal, scope, ttlMs, since.epoch, since.at);
  }
}

/**
 * What has to be proven: that the caller may read the scope. A region alone says not whose tasks are meant, as each token
 * opens an account of its own there: an answer about one task proves nothing of the others, and that task has to be proven, too.
 */
function scopesOf({ provider, address }: LookupTarget): readonly string[] {
  return provider.scope.length === 0 ? [address.scope, address.key] : [address.scope];
}

/** Whether the cloud does not accept the token itself. */
function isRejection(error: unknown): boolean {
  return error instanceof UpstreamFailure && error.slug === 'upstream-credentials-rejected';
}
