import { ConnectionError, ProblemError, UnexpectedReplyError } from './errors.js';
import { excerptOf, readJson } from './reply.js';

export type Credentials = Readonly<Record<string, string>>;

export interface HttpOptions {
  readonly headers?: Credentials | (() => Credentials | Promise<Credentials>);
  readonly answerMs?: number;
  readonly fetch?: typeof globalThis.fetch;
}

export interface Outgoing {
  /** JSON to POST. */
  readonly body?: string;
  readonly headers?: Credentials;
}

export interface SendOptions extends Outgoing {
  readonly signal: AbortSignal | undefined;
  /** Milliseconds that the gateway was asked to take for its answer. */
  readonly waitMs?: number;
}

export interface Answer {
  readonly url: string;
  readonly reply: Response;
  readonly bytes: ArrayBuffer;
}

/** How requests leave. */
export interface Http {
  /** Resolves with the head of a reply, whatever it is. */
  readonly open: (path: string, outgoing: Outgoing, signal: AbortSignal) => Promise<Response>;
  /** Resolves with a reply whose status says that it is an answer, or that there is nothing new. */
  readonly send: (path: string, options: SendOptions) => Promise<Answer>;
}

export function httpOf(baseUrl: string, { headers: own = {}, answerMs = 15_000, ...given }: HttpOptions): Http {
  const credentials = async (): Promise<Credentials> => (typeof own === 'function' ? own() : own);
  const request = (
    path: string,
    { body, headers, ...init }: Outgoing & { readonly signal: AbortSignal },
    shown: Credentials,
  ): Promise<Response> => {
    const json = body && { 'content-type': 'application/json' };
    return (given.fetch ?? fetch)(baseUrl + path, {
      ...init,
      method: json ? 'POST' : 'GET',
      body,
      headers: { ...shown, ...headers, ...json },
      // Followed, a redirect would take credentials to another origin; cookies are nobody's business here.
      redirect: 'manual',
      credentials: 'omit',
    });
  };

  return {
    open: async (path, outgoing, signal) => request(path, { ...outgoing, signal }, await credentials()),
    async send(path, { signal, waitMs = 0, ...outgoing }) {
      signal?.throwIfAborted();
      const shown = await credentials();
      const silence = AbortSignal.timeout(answerMs + waitMs);
      const url = baseUrl + path;
      try {
        const reply = await request(path, { ...outgoing, signal: anyOf(silence, signal) }, shown);
        const answer = { url, reply, bytes: await reply.arrayBuffer() };
        if (reply.ok || (reply.status === 304 && outgoing.headers?.['if-none-match'])) return answer;
        throw reply.status < 400 ? unexpected(answer) : ProblemError.from(reply, textOf(answer));
      } catch (error) {
        if (error instanceof ProblemError || error instanceof UnexpectedReplyError) throw error;
        signal?.throwIfAborted();
        throw new ConnectionError(`no whole answer arrived from ${withoutQuery(url)}`, { cause: error });
      }
    },
  };
}

/** Aborts as soon as one of them does, if there are any. */
export function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

export function readAs<T>(isRight: (value: unknown) => value is T, answer: Answer): T {
  const value = readJson(textOf(answer));
  if (isRight(value)) return value;
  throw unexpected(answer);
}

export function unexpected(answer: Answer): UnexpectedReplyError {
  const { url, reply } = answer;
  const isRedirect = reply.type === 'opaqueredirect' || (reply.status >= 300 && reply.status < 400);
  const found = isRedirect
    ? `a redirect to ${reply.headers.get('location') ?? 'somewhere else'}`
    : excerptOf(reply, textOf(answer));
  return new UnexpectedReplyError(withoutQuery(url), reply.status, found);
}

function textOf({ bytes }: Answer): string {
  return new TextDecoder().decode(bytes);
}

function withoutQuery(url: string): string {
  return url.split('?', 1)[0] ?? '';
}
