import { PROBLEMS } from '@gateway/problems';
import { cloudsOf, scopePatternOf } from '@gateway/tasks';
import type { ErrorRule, Provider } from '@gateway/tasks';
import type { UpstreamClient } from '@gateway/upstream';
import { mayAsk } from '../access/access-policy.js';
import type { Grant } from '../access/access-policy.js';

/** A provider's description as callers read it, with the state of its upstream in the regions that the caller may ask about. */
export function describeProvider(provider: Provider, upstream: UpstreamClient, grant: Grant) {
  const regions = regionsOf(provider, upstream, grant).map((name) => {
    const { breaker, retryAfterSeconds } = upstream.state(provider.id, name);
    const unhealthyReason = upstream.unhealthyReason(provider.id, name);
    return { name, breaker, retryAfterSeconds, ownToken: upstream.isPassthrough(name), unhealthyReason };
  });
  return {
    id: provider.id,
    title: provider.title,
    documentation: provider.documentation,
    clouds: cloudsOf(provider),
    scope: ['region', ...provider.scope],
    scopePatterns: Object.fromEntries(
      provider.scope.map((member) => [member, scopePatternOf(provider, member).source]),
    ),
    idPattern: provider.idPattern.source,
    statuses: provider.statuses,
    taskTypes: provider.taskTypes,
    poll: provider.poll,
    retentionSeconds: provider.retentionSeconds,
    healthy: regions.every(({ unhealthyReason }) => unhealthyReason === null),
    regions,
  };
}

/** Regions where the caller may ask this provider about anything at all. */
export function regionsOf(provider: Provider, upstream: UpstreamClient, grant: Grant): readonly string[] {
  const unused = { projectId: null, instanceId: null };
  return upstream.regionNames(provider).filter((region) => mayAsk(grant, { provider: provider.id, region, ...unused }));
}

/** Rows of an error table as callers read them; a family of codes shows as its pattern. */
export function describeErrors(rules: readonly ErrorRule[]) {
  return rules.map(({ code, http, message, problem, retry, cause, remedy }) => ({
    code: typeof code === 'string' ? code : `/${code.source}/`,
    http,
    message: message?.source ?? null,
    problem,
    retry,
    cause,
    remedy: remedy ?? PROBLEMS[problem].remedy,
  }));
}
