import { Injectable } from '@nestjs/common';
import { Problem, validationFailed } from '@gateway/problems';
import type { Violation } from '@gateway/problems';
import type { Provider, ScopeMember } from '@gateway/tasks';
import { ProviderRegistry, UpstreamClient } from '@gateway/upstream';
import type { LookupTarget } from '@gateway/upstream';
import { authorize } from '../access/authorize.js';
import type { Caller } from '../access/caller.js';
import { GatewayConfig } from '../config/gateway-config.js';
import type { ProviderSettings } from '../config/gateway-config.js';
import { SCOPE_PATTERN } from '../config/scope-pattern.js';
import { upstreamProblem } from './upstream-problem.js';

/** A task as a caller names it. */
export interface TaskReference {
  readonly provider: string;
  readonly id: string;
  readonly region?: string | undefined;
  readonly projectId?: string | undefined;
  readonly instanceId?: string | undefined;
}

/** Turns what a caller names into what an upstream can be asked, with the configured defaults. */
@Injectable()
export class TaskReferences {
  private readonly defaults: ReadonlyMap<string, ProviderSettings>;

  constructor(
    private readonly config: GatewayConfig,
    private readonly registry: ProviderRegistry,
    private readonly upstream: UpstreamClient,
  ) {
    this.defaults = new Map(config.providers.map((settings) => [settings.id, settings]));
  }

  /** @throws Problem `provider-not-found` */
  provider(id: string): Provider {
    const provider = this.registry.get(id);
    if (provider === undefined)
      throw new Problem('provider-not-found', { detail: 'No provider of this name is served.' });
    return provider;
  }

  /**
   * Completes a reference for a caller. `violations` holds what is already known to be wrong with the request, so that
   * everything is reported at once.
   * @throws Problem `provider-not-found`, `validation-failed`, `permission-denied`, `unauthenticated`
   */
  async resolve(
    reference: TaskReference,
    caller: Caller,
    signal: AbortSignal,
    violations: readonly Violation[] = [],
  ): Promise<LookupTarget> {
    const endsAt = performance.now() + this.config.upstream.requestMs;
    const target = this.complete(reference, violations, (region) => this.learnsProject(region, caller));
    const { provider, region, projectId, instanceId } = target;
    const scope = { projectId, instanceId };
    const tokenProject = reference.projectId === undefined && this.learnsProject(region, caller);
    const passthrough = this.upstream.isPassthrough(region);
    const provable = passthrough || this.upstream.inspectsTokens(region);
    // What a token says of its project is asked only for callers who may know everything else.
    const known = tokenProject ? { ...scope, projectId: null } : scope;
    authorize(caller, { provider: provider.id, region, ...known }, provable);
    if (passthrough || tokenProject) {
      await this.completeFromToken(provider, region, scope, caller, tokenProject, signal);
      authorize(caller, { provider: provider.id, region, ...scope }, provable);
    }
    return { ...target, ...scope, endsAt };
  }

  /**
   * Completes a reference with what is configured.
   * @param reference without an id where only the scope matters
   * @param findsProject whether the project may be missing in a region, because it is found another way
   * @throws Problem `provider-not-found`, `validation-failed`
   */
  complete(
    reference: Omit<TaskReference, 'id'> & { readonly id: string | null },
    violations: readonly Violation[],
    findsProject: (region: string) => boolean = () => false,
  ): Omit<LookupTarget, 'endsAt'> {
    const provider = this.provider(reference.provider);
    const found = [...violations];
    const { id } = reference;
    if (id !== null && !provider.idPattern.test(id))
      found.push({ detail: `id must match ${provider.idPattern.source}`, parameter: 'id' });
    const region = this.region(provider, reference, found);
    const scope: Record<ScopeMember, string | null> = { projectId: null, instanceId: null };
    for (const member of ['projectId', 'instanceId'] as const) {
      const value = this.scopeMember(provider, region, member, reference[member], found);
      if (!provider.scope.includes(member)) continue;
      scope[member] = value;
      if (value !== null || reference[member] !== undefined) continue;
      if (member === 'projectId' && region !== null && findsProject(region)) continue;
      found.push({
        detail: `${member} is required: ${provider.id} has no default for it in this region.`,
        parameter: member,
      });
    }
    if (found.length > 0 || region === null) throw validationFailed(found, provider.id);
    return { provider, region, ...scope, id: id ?? '' };
  }

  /** The region asked for, the provider's default, or the only one there is. */
  private region(
    provider: Provider,
    { region }: Pick<TaskReference, 'region'>,
    violations: Violation[],
  ): string | null {
    const names = this.upstream.regionNames();
    const chosen = region ?? this.defaults.get(provider.id)?.region ?? (names.length === 1 ? names[0] : undefined);
    if (chosen !== undefined && names.includes(chosen)) return chosen;
    const detail = chosen === undefined ? 'region is required' : 'region is not one that this gateway serves';
    violations.push({ detail: `${detail}: choose one of ${names.join(', ')}.`, parameter: 'region' });
    return null;
  }

  /** Whether the caller's token tells the project. */
  private learnsProject(region: string, { grant }: Caller): boolean {
    const brings = grant.kind === 'own-token' || this.upstream.isPassthrough(region);
    return brings && this.upstream.inspectsTokens(region);
  }

  private scopeMember(
    provider: Provider,
    region: string | null,
    member: ScopeMember,
    given: string | undefined,
    violations: Violation[],
  ): string | null {
    if (given !== undefined) {
      if (SCOPE_PATTERN.test(given)) return given;
      violations.push({ detail: `${member} must match ${SCOPE_PATTERN.source}`, parameter: member });
      return null;
    }
    const defaults = this.defaults.get(provider.id);
    // A default project or instance lives in the default region, and in no other.
    const applies = defaults?.region === undefined || defaults.region === region;
    return (applies ? defaults?.[member] : undefined) ?? null;
  }

  private async completeFromToken(
    provider: Provider,
    region: string,
    scope: Record<ScopeMember, string | null>,
    { token }: Caller,
    tokenProject: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    if (token === null)
      throw new Problem('unauthenticated', {
        detail: `${provider.id} in this region is asked with your own cloud token: send it as X-Auth-Token.`,
        provider: provider.id,
      });
    if (!tokenProject || !provider.scope.includes('projectId')) return;
    // The token's own project is a better guess than any configured default.
    const facts = await this.upstream.tokenFacts(region, token, signal).catch((error: unknown) => {
      throw upstreamProblem(error, provider.id, true);
    });
    scope.projectId = facts?.projectId ?? scope.projectId;
    if (scope.projectId !== null) return;
    const detail = 'projectId is required: the token is not scoped to a project.';
    throw validationFailed([{ detail, parameter: 'projectId' }], provider.id);
  }
}
