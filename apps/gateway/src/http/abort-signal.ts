import type { FastifyReply } from 'fastify';

/** The reason of an abort when the caller has gone: nobody is left to be told. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone';
}

/** Aborts when the connection closes before the reply is out. */
export function abortSignalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new CallerGone('the caller has gone'));
  });
  return controller.signal;
}
