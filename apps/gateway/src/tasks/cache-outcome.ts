import type { FastifyReply } from 'fastify';

/**
 * How the cache took part in an answer: `waited` where the caller had asked to wait, whatever it got; `none` where it is about
 * no task, or many.
 */
export const OUTCOMES = ['hit', 'miss', 'coalesced', 'bypass', 'stale', 'done-before', 'waited', 'none'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** By `Cache-Status: task-gateway; …` (RFC 9211), as this gateway writes it. */
export function outcomeOf(reply: FastifyReply): Outcome {
  const status = reply.getHeader('cache-status') as string | undefined;
  // Nearly nobody asks to wait, and a header that is not there is looked for in two places.
  if (reply.request.raw.headers['prefer'] !== undefined && reply.getHeader('preference-applied') !== undefined)
    return 'waited';
  if (status === undefined) return 'none';
  if (status.startsWith('hit', 14)) return 'hit';
  if (status.includes('detail=done-before')) return 'done-before';
  if (status.includes('collapsed')) return 'coalesced';
  if (status.startsWith('fwd=stale', 14)) return 'stale';
  return status.startsWith('fwd=request', 14) ? 'bypass' : 'miss';
}
