import { LONGEST_MS, pause } from './backoff.js';
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
  /** Resolves with the head of what a request for a stream is answered with, whatever it is. */
  readonly open: (body: string, signal: AbortSignal) => Promise<Response>;
  /** Resolves with a reply whose status says that it is an answer, or that there is nothing new. */
  readonly send: (path: string, options: SendOptions) => Promise<Answer>;
}

export function httpOf(baseUrl: string, { headers: own = {}, answerMs = 15_000, ...more }: HttpOptions): Http {
  const credentials = async (signal: AbortSignal | undefined): Promise<Credentials> => {
    if (typeof own !== 'function') return own;
    const given = own();
    const isThere = new AbortController();
    const left = pause(LONGEST_MS, anyOf(isThere.signal, signal)) as Promise<never>;
    return Promise.race([given, left]).finally(() => isThere.abort());
  };
  const request = (
    path: string,
    { body, headers, ...init }: Outgoing & { readonly signal: AbortSignal },
    shown: Credentials,
  ): Promise<Response> => {
    const json = body && { 'content-type': 'application/json' };
    return (more.fetch ?? fetch)(baseUrl + path, {
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
    open: async (body, signal) =>
      request('/tasks/events', { body, headers: { accept: 'text/event-stream' }, signal }, await credentials(signal)),
    async send(path, { signal, waitMs = 0, ...outgoing }) {
      const shown = await credentials(signal);
      const silence = AbortSignal.timeout(answerMs + waitMs);
      const url = baseUrl + path;
      let answer;
      try {
        const reply = await request(path, { ...outgoing, signal: anyOf(silence, signal) }, shown);
        answer = { url, reply, bytes: await reply.arrayBuffer() };
      } catch (cause) {
        signal?.throwIfAborted();
        throw new ConnectionError(`no whole answer from ${withoutQuery(url)}`, { cause });
      }
      const { ok, status } = answer.reply;
      if (ok || (status === 304 && outgoing.headers?.['if-none-match'])) return answer;
      throw status < 400 ? unexpected(answer) : ProblemError.from(answer.reply, textOf(answer));
    },
  };
}

/** Aborts as soon as one of them does, if there are any. */
export function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter(Boolean) as AbortSignal[]);
}

export function readAs<T>(isRight: (value: unknown) => value is T, answer: Answer): T {
  const value = readJson(textOf(answer));
  if (isRight(value)) return value;
  throw unexpected(answer);
}

export function unexpected(answer: Answer): UnexpectedReplyError {
  const { url, reply } = answer;
  // What is neither this nor a success is a problem.
  const found = !reply.ok
    ? `a redirect to ${reply.headers.get('location') ?? 'elsewhere'}`
    : excerptOf(reply, textOf(answer));
  return new UnexpectedReplyError(withoutQuery(url), reply.status, found);
}

function textOf({ bytes }: Answer): string {
  return new TextDecoder().decode(bytes);
}

function withoutQuery(url: string): string {
  return url.replace(/\?.*/, '');
}
