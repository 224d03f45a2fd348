import { applyDecorators } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import type { ProblemSlug } from '@gateway/problems';
import { jsonReply, operation, problemReplies } from './operation.js';

/** Where callers need credentials of the gateway itself. */
const CALLER_UNKNOWN: readonly ProblemSlug[] = ['validation-failed', 'unauthenticated', 'upstream-unavailable'];

/** Documents `GET /providers`. */
export const ApiProviders = () =>
  applyDecorators(
    operation('listProviders', 'Providers, what each needs and whether it is healthy now'),
    jsonReply(200, 'All providers', 'ProviderList'),
    problemReplies(['internal-error', 'uri-too-long', ...CALLER_UNKNOWN]),
  );

/** Documents `GET /providers/{provider}`. */
export const ApiProvider = () =>
  applyDecorators(
    operation('getProvider', 'One provider with its error table'),
    ApiParam({ name: 'provider', description: 'Route key', schema: { type: 'string' } }),
    jsonReply(200, 'The provider', 'ProviderDetail'),
    problemReplies(['provider-not-found', 'permission-denied', 'uri-too-long', 'internal-error', ...CALLER_UNKNOWN]),
  );

/** Documents `GET /problems`. */
export const ApiProblems = () =>
  applyDecorators(
    operation('listProblems', 'Every kind of problem'),
    jsonReply(200, 'All problem types', 'ProblemTypeList'),
    problemReplies(['internal-error', 'uri-too-long']),
  );

/** Documents `GET /problems/{slug}`. */
export const ApiProblem = () =>
  applyDecorators(
    operation(
      'getProblem',
      'One kind of problem with the upstream codes behind it',
      'The `type` of every problem leads here.',
    ),
    ApiParam({ name: 'slug', schema: { type: 'string' } }),
    jsonReply(200, 'The problem type', 'ProblemTypeDetail'),
    problemReplies(['route-not-found', 'validation-failed', 'uri-too-long', 'internal-error']),
  );
