import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { isProblemSlug, Problem, problemCode, PROBLEM_SLUGS, PROBLEMS } from '@gateway/problems';
import type { ProblemSlug } from '@gateway/problems';
import { PROVIDERS } from '@gateway/providers';
import { COMMON_ERRORS, FRONT_ERRORS, IAM_ERRORS } from '@gateway/upstream';
import { Public } from '../access/guard.js';
import { ProblemWriter } from '../http/problem-writer.js';
import { ApiProblem, ApiProblems } from './catalog.openapi.js';
import { describeErrors } from './describe-provider.js';

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
