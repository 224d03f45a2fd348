import { boolean, integer, integerOrNull, known, list, nullable, object, ref, text, textOrNull } from '@gateway/tasks';
import type { Schema } from '@gateway/tasks';

export const PROBLEM_SCHEMAS: Readonly<Record<string, Schema>> = {
  Problem: object(
    'Problem details (RFC 9457): the lookup failed, which says nothing about the task',
    {
      type: text('URL of the problem type, which GET /problems/{slug} serves', { format: 'uri' }),
      title: text('Short name of the problem type'),
      status: integer('HTTP status', { minimum: 400, maximum: 599 }),
      detail: text('What happened this time'),
      instance: text('urn:uuid: of the request', { format: 'uri' }),
      code: known('KnownProblemCode', 'Stable machine name of the problem type; later releases may bring new ones'),
      provider: textOrNull('Provider that was asked'),
      retryable: boolean('Whether the same request can succeed later'),
      retryAfterSeconds: integerOrNull('Seconds to wait; same as Retry-After'),
      requestId: text('Same as X-Request-Id'),
      upstream: nullable(ref('ProblemUpstream'), 'What the upstream answered; null where none was heard'),
      errors: list(ref('Violation'), 'Every violation at once; only for validation-failed'),
    },
    ['errors'],
  ),
  ProblemUpstream: object("In the upstream's words", {
    status: integerOrNull('HTTP status of the upstream'),
    code: textOrNull('Raw code of the upstream'),
    requestId: textOrNull("The upstream's own request id"),
  }),
  Violation: object(
    'One thing wrong with a request, and where',
    {
      detail: text('What is wrong'),
      pointer: text('Place in the body, RFC 6901', { format: 'json-pointer' }),
      parameter: text('Path or query parameter'),
      header: text('Request header'),
    },
    ['pointer', 'parameter', 'header'],
  ),
};
