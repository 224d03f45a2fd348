import { Controller, Get, Header, Module, Param, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { isProblemSlug, Problem, PROBLEM_SLUGS, problemCode, PROBLEMS } from '@gateway/problems';
import type { ProblemSlug } from '@gateway/problems';
import { cloudsOf, scopePatternOf } from '@gateway/tasks';
import type { ErrorRule, Provider } from '@gateway/tasks';
import { PROVIDERS } from '@gateway/providers';
import { COMMON_ERRORS, FRONT_ERRORS, IAM_ERRORS, UpstreamClient } from '@gateway/upstream';
import { mayAsk } from '../access/access-policy.js';
import type { Grant } from '../access/access-policy.js';
import { callerOf, Public } from '../access/guard.js';
import { ProblemWriter } from '../http/problem-writer.js';
import { servedProvider } from '../tasks/task-resolver.js';
import { ApiProblem, ApiProblems, ApiProvider, ApiProviders } from './catalog.openapi.js';
import { exampleRequest } from './example-request.js';

/** What tells callers how to ask a provider, with the state of its upstream in the regions that the caller may ask about. */
function describeProvider(provider: Provider, upstream: UpstreamClient, grant: Grant) {
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
    exampleRequest: exampleRequest(provider, regions[0]?.name ?? ''),
    poll: provider.poll,
    retentionSeconds: provider.retentionSeconds,
    healthy: regions.every(({ unhealthyReason }) => unhealthyReason === null),
    regions,
  };
}

/** Regions where the caller may ask this provider about anything at all. */
function regionsOf(provider: Provider, upstream: UpstreamClient, grant: Grant): readonly string[] {
  const unused = { projectId: null, instanceId: null };
  return upstream.regionNames(provider).filter((region) => mayAsk(grant, { provider: provider.id, region, ...unused }));
}

/** Rows of an error table as callers read them; a family of codes shows as its pattern. */
function describeErrors(rules: readonly ErrorRule[]) {
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

@ApiTags('catalog')
@Controller('providers')
export class ProvidersController {
  constructor(private readonly upstream: UpstreamClient) {}

  @Get()
  @Public('passthrough')
  @Header('cache-control', 'no-cache')
  @ApiProviders
  list(@Req() request: FastifyRequest) {
    const { grant } = callerOf(request, []);
    const providers = PROVIDERS.filter((provider) => regionsOf(provider, this.upstream, grant).length > 0).map(
      (provider) => describeProvider(provider, this.upstream, grant),
    );
    return { providers };
  }

  @Get(':provider')
  @Public('passthrough')
  @Header('cache-control', 'no-cache')
  @ApiProvider
  one(@Param('provider') id: string, @Req() request: FastifyRequest) {
    const provider = servedProvider(id, this.upstream);
    if (this.upstream.regionNames(provider).length === 0)
      throw new Problem('provider-not-found', { detail: 'No region of this gateway is of a cloud that has it.' });
    const { grant } = callerOf(request, []);
    if (regionsOf(provider, this.upstream, grant).length === 0)
      throw new Problem('permission-denied', {
        detail: 'Your credentials do not allow asking about tasks of this provider.',
        provider: id,
      });
    const { unmappedWords } = this.upstream;
    return {
      ...describeProvider(provider, this.upstream, grant),
      statuses: provider.statuses,
      taskTypes: provider.taskTypes,
      errors: describeErrors(provider.errors),
      unknownWords: {
        statusWords: unmappedWords.of(id, 'status word'),
        errorCodes: unmappedWords.of(id, 'error code'),
      },
    };
  }
}

@ApiTags('catalog')
@Controller('problems')
export class ProblemsController {
  constructor(private readonly problems: ProblemWriter) {}

  @Get()
  @Public()
  @Header('cache-control', 'no-cache')
  @ApiProblems
  list() {
    return { problems: PROBLEM_SLUGS.map((slug) => this.describe(slug)) };
  }

  @Get(':slug')
  @Public()
  @Header('cache-control', 'no-cache')
  @ApiProblem
  one(@Param('slug') slug: string) {
    if (!isProblemSlug(slug)) throw new Problem('route-not-found', { detail: 'There is no problem of this name.' });
    const sources = [
      ...PROVIDERS.map(({ id, errors }) => ({ source: id, errors })),
      { source: 'front', errors: FRONT_ERRORS },
      { source: 'common', errors: COMMON_ERRORS },
      { source: 'iam', errors: IAM_ERRORS },
    ];
    const upstreamCodes = sources.flatMap(({ source, errors }) =>
      describeErrors(errors.filter(({ problem }) => problem === slug)).map((row) => ({ source, ...row })),
    );
    return { ...this.describe(slug), upstreamCodes };
  }

  private describe(slug: ProblemSlug) {
    return { type: `${this.problems.baseUrl()}/problems/${slug}`, slug, code: problemCode(slug), ...PROBLEMS[slug] };
  }
}

/** What the gateway says of providers and problems. */
@Module({ controllers: [ProvidersController, ProblemsController] })
export class CatalogModule {}
