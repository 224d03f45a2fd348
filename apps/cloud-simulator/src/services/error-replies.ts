import type { ErrorFixture, Fixture } from '@gateway/providers/testing';
import type { LookupProblem, RetryAdvice } from '@gateway/tasks';
import { frontError, notAuthenticated, notPublished } from '../front.js';
import { json } from '../http/reply.js';
import type { Reply } from '../http/reply.js';
import type { Asked, Dialect } from './dialect.js';

/**
 * The errors of a service in its own words: its first error body that means the same. What it has no words for, the
 * API front says.
 */
export function errorRepliesOf(
  fixtures: readonly Fixture[],
  errors: readonly ErrorFixture[],
  hasIam: boolean,
): Dialect['errorReplies'] {
  const say = (problem: LookupProblem, otherwise: (asked: Asked) => Reply, retry: RetryAdvice = 'never') => {
    const error = errors.find((row) => row.problem === problem && row.retry === retry && !row.unmapped);
    return error === undefined ? otherwise : () => json(error.status, error.body);
  };
  const sayToken = (reason: string, retry: RetryAdvice = 'never') =>
    say('upstream-credentials-rejected', ({ requestId }) => notAuthenticated(requestId, reason), retry);
  // Some answer with an empty list where others have an error.
  const empty = fixtures.find(({ reading }) => reading === 'not-found')?.reply;
  const missing = say('task-not-found', ({ requestId }) => notPublished(requestId));
  const unknownTask = empty === undefined ? missing : () => json(empty.status, empty.body);
  // Without an IAM nothing tells a token that has ended from one that never was, nor another's project from none.
  const tokenInvalid = sayToken('decrypt token fail');
  return {
    'token-missing': sayToken('x-auth-token not found'),
    'token-invalid': tokenInvalid,
    'token-expired': hasIam ? sayToken('token expires', 'new-token') : tokenInvalid,
    'wrong-project': hasIam
      ? say('upstream-misconfigured', ({ requestId }) => notPublished(requestId))
      : say('scope-not-found', unknownTask),
    forbidden: say('permission-denied', ({ requestId }) =>
      frontError(requestId, 403, 'APIGW.0302', 'The IAM user is not authorized to access the API'),
    ),
    'malformed-task-id': say('validation-failed', unknownTask),
    'unknown-instance': say('scope-not-found', unknownTask),
    'unknown-task': unknownTask,
  };
}
