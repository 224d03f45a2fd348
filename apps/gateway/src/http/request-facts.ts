import type { FastifyRequest } from 'fastify';
import type { Problem } from '@gateway/problems';

/** What is found out about a request on its way, for its line in the log. */
export interface RequestFacts {
  /** A configured one. */
  region?: string;
  /** What it was answered. */
  problem?: Problem;
}

const FACTS = Symbol('facts of a request');

/** Whoever finds something out writes it down here. */
export function factsOf(request: FastifyRequest & { [FACTS]?: RequestFacts }): RequestFacts {
  return (request[FACTS] ??= {});
}
