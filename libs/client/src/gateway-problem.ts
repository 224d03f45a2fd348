import type { Problem } from './generated/index.js';

/** Thrown when a lookup failed. Says nothing about the task. */
export class GatewayProblem extends Error {
  override readonly name = 'GatewayProblem';

  constructor(readonly problem: Problem) {
    super(`${problem.title}: ${problem.detail}`);
  }

  /** Reads a reply; one that is no problem document, from a proxy in between, is worded from its status. */
  static async from(reply: Response): Promise<GatewayProblem> {
    const isProblem = reply.headers.get('content-type')?.startsWith('application/problem+json') === true;
    const problem = isProblem ? ((await reply.json().catch(() => null)) as Problem | null) : null;
    return new GatewayProblem(problem ?? unknownProblem(reply));
  }
}

function unknownProblem({ status, headers }: Response): Problem {
  return {
    type: 'about:blank',
    title: `HTTP status ${status}`,
    status,
    detail: 'The answer did not come from the gateway.',
    instance: '',
    code: 'UNKNOWN',
    provider: null,
    retryable: status >= 500,
    retryAfterSeconds: null,
    requestId: headers.get('x-request-id') ?? '',
    upstream: null,
  };
}
