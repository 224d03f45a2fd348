import type { FastifyReply } from 'fastify';

/** The reason of an abort when the caller has gone: nobody is left to be told. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone';
}

/** Aborts when the connection closes before the reply is out, or has closed already. */
export function abortSignalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const { raw } = reply;
  const end = (): void => {
    if (!raw.writableFinished) controller.abort(new CallerGone('the caller has gone'));
  };
  if (raw.destroyed) end();
  else raw.once('close', end);
  return controller.signal;
}
