import { Injectable } from '@nestjs/common';
import { Problem, validationFailed } from '@gateway/problems';
import type { Violation } from '@gateway/problems';
import { findProvider, nearestProviders, PROVIDERS } from '@gateway/providers';
import { scopePatternOf, TaskAddress } from '@gateway/tasks';
import type { Provider, ScopeMember } from '@gateway/tasks';
import { UpstreamClient } from '@gateway/upstream';
import type { LookupTarget, ProviderSettings } from '@gateway/upstream';
import { authorize } from '../access/access-policy.js';
import type { Caller } from '../access/authentication.js';
import { GatewayConfig } from '../config/gateway-config.js';

/** A task as a caller names it. */
export interface TaskReference {
  readonly provider: string;
  readonly id: string;
  readonly region?: string | undefined;
  readonly projectId?: string | undefined;
  readonly instanceId?: string | undefined;
}

/** A task as it is named, whoever asks. */
export interface NamedTask extends Omit<LookupTarget, 'endsAt'> {
  /** The project is that of the caller's token; `projectId` is a guess in case it has none. */
  readonly projectByToken: boolean;
}

/** @throws Problem `provider-not-found`, which says what there is here, and what was probably meant */
export function servedProvider(id: string, upstream: UpstreamClient): Provider {
  const provider = findProvider(id);
  if (provider !== undefined) return provider;
  const served = PROVIDERS.filter((candidate) => upstream.regionNames(candidate).length > 0);
  const nearest = nearestProviders(id, served);
  const detail = [
    'No provider of this name is served.',
    ...(nearest.length === 0 ? [] : [`Did you mean ${nearest.join(' or ')}?`]),
    `There are: ${served.map((known) => known.id).join(', ')}.`,
  ].join(' ');
  throw new Problem('provider-not-found', { detail });
}

/** Turns what a caller names into what an upstream can be asked, with the configured defaults. */
@Injectable()
export class TaskResolver {
  private defaults: ReadonlyMap<string, ProviderSettings> = new Map();
  private defaultRegion: string | undefined;
  /** Default project of each region. */
  private projects: ReadonlyMap<string, string> = new Map();

  constructor(
    private readonly config: GatewayConfig,
    private readonly upstream: UpstreamClient,
  ) {
    this.apply(config);
  }

  /** From now on these are the defaults. */
  apply({ providers, regions }: GatewayConfig): void {
    this.defaults = new Map(providers.map((settings) => [settings.id, settings]));
    this.defaultRegion = regions.find((region) => region.default === true)?.name;
    this.projects = new Map(
      regions.flatMap(({ name, projectId }) => (projectId === undefined ? [] : [[name, projectId]])),
    );
  }

  /** @throws Problem `provider-not-found` */
  provider(id: string): Provider {
    return servedProvider(id, this.upstream);
  }

  /**
   * Completes a reference with what is configured; says nothing of who asks. `violations` holds what is already known to
   * be wrong with the request, so that everything is reported at once.
   * @param reference without an id where only the scope matters
   * @throws Problem `provider-not-found`, `validation-failed`
   */
  complete(
    reference: Omit<TaskReference, 'id'> & { readonly id: string | null },
    violations: readonly Violation[],
  ): NamedTask {
    const provider = this.provider(reference.provider);
    const found = [...violations];
    const { id } = reference;
    if (id !== null && !provider.idPattern.test(id))
      found.push({ detail: `id must match ${provider.idPattern.source}`, parameter: 'id' });
    const region = this.region(provider, reference, found);
    const scope: Record<ScopeMember, string | null> = { projectId: null, instanceId: null };
    let projectByToken = false;
    for (const member of ['projectId', 'instanceId'] as const) {
      const value = this.scopeMember(provider, region, member, reference[member], found);
      if (!provider.scope.includes(member)) continue;
      scope[member] = value;
      if (reference[member] !== undefined) continue;
      if (member === 'projectId' && region !== null && this.isProjectByToken(region)) projectByToken = true;
      else if (value === null)
        found.push({
          detail: `${member} is required: ${provider.id} has no default for it in this region.`,
          parameter: member,
        });
    }
    if (found.length > 0 || region === null) throw validationFailed(found, provider.id);
    const address = new TaskAddress({ provider: provider.id, region, ...scope, id: id ?? '' });
    return { provider, address, projectByToken };
  }

  /**
   * The target for a caller, where nobody has to be asked for it; else null.
   * @throws Problem `permission-denied`, `unauthenticated`
   */
  targetOf(named: NamedTask, caller: Caller): LookupTarget | null {
    const { provider, address, projectByToken } = named;
    const { region, instanceId } = address;
    const passthrough = this.upstream.isPassthrough(region);
    const provable = passthrough || this.upstream.inspectsTokens(region);
    // A token is inspected only for callers who may ask about everything else.
    const projectId = projectByToken ? null : address.projectId;
    authorize(caller, { provider: provider.id, region, projectId, instanceId }, provable);
    if (passthrough && caller.token === null)
      throw new Problem('unauthenticated', {
        detail: `${provider.id} in this region is asked with your own cloud token: send it as X-Auth-Token.`,
        provider: provider.id,
      });
    return projectByToken ? null : named;
  }

  /**
   * The target for a caller.
   * @throws Problem `validation-failed`, `permission-denied`, `unauthenticated`, and what asking about a token ends in
   */
  async resolve(named: NamedTask, caller: Caller, signal: AbortSignal): Promise<LookupTarget> {
    const endsAt = performance.now() + this.config.upstream.requestMs;
    const { provider, address } = named;
    const { region, instanceId } = address;
    const target = this.targetOf(named, caller);
    if (target !== null || caller.token === null) return { ...(target ?? named), endsAt };
    const facts = await this.upstream.tokenFacts(address, caller.token, signal);
    // The token's own project is a better guess than any configured default.
    const projectId = facts?.projectId ?? address.projectId;
    if (projectId === null) {
      const detail = 'projectId is required: the token is not scoped to a project.';
      throw validationFailed([{ detail, parameter: 'projectId' }], provider.id);
    }
    authorize(caller, { provider: provider.id, region, projectId, instanceId }, true);
    return { ...named, address: address.with({ projectId }), endsAt };
  }

  /**
   * For a target that was resolved before: whether it would be again, now and for this caller.
   * @throws Problem `validation-failed`, `permission-denied`, `unauthenticated`
   */
  check({ provider, address }: LookupTarget, caller: Caller): void {
    const found: Violation[] = [];
    this.region(provider, address, found);
    if (found.length > 0) throw validationFailed(found, provider.id);
    this.targetOf({ provider, address, projectByToken: false }, caller);
  }

  /** Whether callers' tokens go there: to the service, or to the identity service that tells their projects. */
  isShownTokens(region: string): boolean {
    const inspected = this.config.access.mode === 'passthrough' && this.upstream.inspectsTokens(region);
    return inspected || this.upstream.isPassthrough(region);
  }

  /** The region asked for, the provider's default, the default of all whose cloud has it, or the only one that has. */
  private region(
    provider: Provider,
    { region }: Pick<TaskReference, 'region'>,
    violations: Violation[],
  ): string | null {
    const names = this.upstream.regionNames(provider);
    const fallback = names.length === 1 ? names[0] : names.find((name) => name === this.defaultRegion);
    const chosen = region ?? this.defaults.get(provider.id)?.region ?? fallback;
    if (chosen !== undefined && names.includes(chosen)) return chosen;
    const choice = names.length === 0 ? 'none here has it' : `choose one of ${names.join(', ')}`;
    violations.push({ detail: `${this.whyNot(provider, chosen)}: ${choice}.`, parameter: 'region' });
    return null;
  }

  private whyNot({ id }: Provider, region: string | undefined): string {
    if (region === undefined) return 'region is required';
    const exists = this.upstream.regionNames().includes(region);
    return exists ? `region is of a cloud without ${id}` : 'region is not one that this gateway serves';
  }

  /** Whether the project is that of the callers' tokens. */
  private isProjectByToken(region: string): boolean {
    return this.isShownTokens(region) && this.upstream.inspectsTokens(region);
  }

  private scopeMember(
    provider: Provider,
    region: string | null,
    member: ScopeMember,
    given: string | undefined,
    violations: Violation[],
  ): string | null {
    if (given !== undefined) {
      const pattern = scopePatternOf(provider, member);
      if (pattern.test(given)) return given;
      violations.push({ detail: `${member} must match ${pattern.source}`, parameter: member });
      return null;
    }
    const defaults = this.defaults.get(provider.id);
    // A default project or instance lives in the default region, and in no other.
    const applies = defaults?.region === undefined || defaults.region === region;
    const own = applies ? defaults?.[member] : undefined;
    if (own !== undefined || member !== 'projectId') return own ?? null;
    // Of a region that is not known nobody can say that it has no project.
    const regional = region === null ? this.projects.values().next().value : this.projects.get(region);
    return regional ?? null;
  }
}
