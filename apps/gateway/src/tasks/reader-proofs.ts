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
export interface Reader {
  readonly caller: Caller;
  readonly target: LookupTarget;
  /**
   * Whose credential asks the upstream: the caller's principal, or the gateway. Failures, refusals and questions under
   * way are shared among those who ask with the same credential, and with nobody else.
   */
  readonly asker: string;
  /**
   * What proves that the caller may read the scope. `policy`: the gateway's own, looked at in every request.
   * `upstream`: the upstream itself, when it answered the caller's token. `token`: the cloud's identity service, which
   * tells the token's project.
   */
  readonly proof: 'policy' | 'upstream' | 'token';
}

/** Taken before a proof is asked for: one that a purge or a refusal overtakes is none. */
export interface ProofMoment {
  readonly generation: string;
  readonly revision: number;
  /** Epoch milliseconds: other replicas may know of refusals that this one has yet to hear of. */
  readonly at: number;
}

/** Decides whether what is stored may be shown to a caller. */
@Injectable()
export class ReaderProofs {
  /** By principal and scope: in which generation of its proofs, after which revocation, the cloud was asked about its token. */
  private readonly askedIn = new LRUCache<string, string>({ max: MAX_VOIDED });

  constructor(
    private readonly config: GatewayConfig,
    private readonly cache: TaskCache,
    private readonly upstream: UpstreamClient,
  ) {}

  readerOf(caller: Caller, target: LookupTarget): Reader {
    const ownToken = this.upstream.isPassthrough(target.address.region);
    const asker = ownToken ? caller.principal : GATEWAY;
    return { caller, target, asker, proof: this.kindOf(caller, target.address.region, ownToken) };
  }

  /** Whether this process knows already that the caller may read. */
  peek({ caller, target, proof }: Reader): boolean {
    return proof === 'policy' || this.cache.proofs.peek(caller.principal, target.address.scope);
  }

  /**
   * Whether the caller has a live proof, asking Redis and, where a token's project is proof, the identity service.
   * @throws Problem `permission-denied` where the token is of another project and nothing else could prove anything
   * @throws Problem when the identity service refuses the token, or cannot be asked
   */
  async has(reader: Reader, signal: AbortSignal): Promise<boolean> {
    if (this.peek(reader)) return true;
    const { caller, target, proof } = reader;
    if (await this.cache.proofs.has(caller.principal, target.address.scope)) return true;
    return proof === 'token' && this.byToken(reader, signal);
  }

  /**
   * Whether everybody who asks with this reader's credential may see what others store meanwhile. Never rejects: one
   * caller's failure would be that of all who share the question.
   */
  async haveAll({ caller, target, asker }: Reader): Promise<boolean> {
    // For the gateway's own credential each has shown a proof before it came to ask.
    return asker === GATEWAY || this.cache.proofs.has(caller.principal, target.address.scope);
  }

  /**
   * Milliseconds that the caller's own token will live; null where nobody can tell, or not within the time that a
   * connection may take: the upstream has just accepted it. Never rejects.
   */
  private async lifetimeOf({ caller, target }: Reader): Promise<number | null> {
    const { address } = target;
    const { token } = caller;
    if (token === null || !this.upstream.inspectsTokens(address.region)) return null;
    const proofMs = this.config.cache.proofTtlSeconds * 1000;
    return withDeadline(this.config.upstream.connectMs, {}, upstreamTimeout, ({ signal }) =>
      this.upstream.tokenFacts(address, token, signal, proofMs),
    ).then(
      (facts) => facts?.lifetimeMs ?? null,
      (error: unknown) => (isRefusal(error) ? 0 : null),
    );
  }

  momentOf({ caller, target }: Reader): ProofMoment {
    const { proofs } = this.cache;
    return {
      generation: proofs.generationOf(caller.principal),
      revision: proofs.revisionOf(caller.principal, target.address.scope),
      at: Date.now(),
    };
  }

  /** The upstream has answered the caller's own token, asked since that moment. Never rejects. */
  async keep(reader: Reader, since: ProofMoment): Promise<void> {
    if (reader.proof !== 'policy') this.store(reader, await this.lifetimeOf(reader), since);
  }

  /** The cloud has refused the caller's own token: it is no proof any more, in other replicas neither. */
  revoke({ caller, target, proof }: Reader): void {
    if (proof !== 'policy') this.cache.proofs.revoke(caller.principal, target.address.scope);
  }

  private kindOf({ grant }: Caller, region: string, ownToken: boolean): Reader['proof'] {
    if (!ownToken) return grant.kind === 'own-token' ? 'token' : 'policy';
    return this.config.access.tokenProvesProject && this.upstream.inspectsTokens(region) ? 'token' : 'upstream';
  }

  private async byToken(reader: Reader, signal: AbortSignal): Promise<boolean> {
    const { caller, target } = reader;
    const { provider } = target;
    const { region, projectId } = target.address;
    const { token } = caller;
    const since = this.momentOf(reader);
    const proofMs = this.config.cache.proofTtlSeconds * 1000;
    if (token !== null) this.forgetVoided(target, caller.principal, token, since);
    const facts =
      token === null
        ? null
        : await this.upstream.tokenFacts(target.address, token, signal, proofMs).catch((error: unknown) => {
            if (isRefusal(error)) this.revoke(reader);
            throw error;
          });
    if (facts !== null && facts.projectId !== null && facts.projectId === projectId) {
      const { lifetimeMs, ageMs } = facts;
      this.store(reader, Math.min(lifetimeMs, proofMs - ageMs), { ...since, at: since.at - ageMs });
      return true;
    }
    // With the caller's own token the upstream can still be asked; with the gateway's credentials it must not be.
    if (this.upstream.isPassthrough(region)) return false;
    throw new Problem('permission-denied', {
      detail: 'Your token is not of the project that is asked about.',
      provider: provider.id,
    });
  }

  /** What the cloud said of a token before its bearer's proofs were voided or revoked proves nothing any more. */
  private forgetVoided(target: LookupTarget, principal: string, token: string, since: ProofMoment): void {
    const { region, scope } = target.address;
    const { generation, revision } = since;
    const name = `${principal} ${scope}`;
    const present = revision === 0 ? generation : `${generation} ${revision}`;
    if (present === (this.askedIn.get(name) ?? '')) return;
    this.upstream.forgetToken(region, token);
    this.askedIn.set(name, present);
  }

  private store(reader: Reader, lifetimeMs: number | null, since: ProofMoment): void {
    const { principal } = reader.caller;
    const ttlMs = Math.min(this.config.cache.proofTtlSeconds * 1000, lifetimeMs ?? Number.POSITIVE_INFINITY);
    if (this.momentOf(reader).revision !== since.revision) return;
    this.cache.proofs.keep(principal, reader.target.address.scope, ttlMs, since.generation, since.at);
  }
}

/** Whether the cloud does not accept the token itself. */
function isRefusal(error: unknown): boolean {
  return error instanceof UpstreamFailure && error.slug === 'upstream-credentials-rejected';
}
