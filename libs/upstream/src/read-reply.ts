import { readAnswer } from '@gateway/tasks';
import type { NormalizeResult, Provider } from '@gateway/tasks';
import { classify, failureOfReply } from './errors/classify.js';
import type { UnmappedWords, UpstreamReply } from './errors/classify.js';
import { isErrorBody, readRequestId } from './errors/error-body.js';
import { UpstreamFailure } from './errors/upstream-failure.js';
import { readJsonBody } from './transport/body.js';
import type { TransportReply } from './transport/exchange.js';
import type { CredentialsSettings } from './upstream-settings.js';

export type CredentialsMode = CredentialsSettings['mode'];

export interface Lookup {
  readonly reading: Extract<NormalizeResult, { kind: 'task' }>;
  /** When the answer had arrived. */
  readonly observedAt: Date;
}

/**
 * The task that an answer shows.
 * @param unmappedWords told of words that no table holds
 * @throws UpstreamFailure for every other answer
 */
export function readReply(
  { provider, id }: { readonly provider: Provider; readonly id: string },
  reply: TransportReply,
  mode: CredentialsMode,
  unmappedWords: UnmappedWords,
): Lookup {
  const { body, text, contentType, tooDeep = false } = readJsonBody(reply);
  const isSuccess = reply.status >= 200 && reply.status <= 299;
  const reading = isSuccess && body !== undefined ? readAnswer(provider, body, id) : undefined;
  // A task that failed may have all members of an error body: what reads as the task that was asked for is none.
  const isTask = reading?.kind === 'task' && reading.task.upstreamStatus !== '';
  if (!isSuccess || (!isTask && isErrorBody(body, provider.statuses)))
    throw failureOf(provider, { ...reply, body, text, contentType }, mode, unmappedWords);
  if (reading?.kind !== 'task') throw unusable(tooDeep ? 'too-deep' : (reading?.kind ?? 'no-json'), reply);
  if (reading.task.status === 'unknown') unmappedWords.note(provider.id, 'status word', reading.task.upstreamStatus);
  return { reading, observedAt: new Date() };
}

function failureOf(
  provider: Provider,
  reply: UpstreamReply,
  mode: CredentialsMode,
  unmappedWords: UnmappedWords,
): UpstreamFailure {
  const { errors, missingIs404, rateLimit } = provider;
  const verdict = classify(reply, errors, missingIs404, rateLimit);
  const { problem, rule, code, message, known } = verdict;
  if (code !== null && !known) unmappedWords.note(provider.id, 'error code', code);
  // Five refused signatures lock a key, whatever the reason that came with them.
  const isRefusedKey = mode === 'aksk' && reply.status === 401;
  const more = {
    ownToken: mode === 'passthrough',
    detail: [rule?.cause, message].filter(Boolean).join(' ') || `The upstream answered with status ${reply.status}.`,
    // An unknown code on a 4xx, or an error in a 200, is a matter of the request, not of the upstream's health.
    ...(reply.status < 500 && problem === 'upstream-error' ? { countsAsFailure: false } : {}),
  };
  return failureOfReply(reply, isRefusedKey ? { ...verdict, retry: 'never' } : verdict, more, rateLimit);
}
const UNUSABLE = {
  'not-found': ['task-not-found', 'The upstream has no task of this id.'],
  'no-json': ['upstream-bad-response', 'The upstream did not answer with JSON.'],
  'too-deep': ['upstream-bad-response', 'The upstream answered with JSON that is nested too deeply.'],
  'another-task': ['upstream-bad-response', 'The upstream answered about another task.'],
  unrecognized: ['upstream-bad-response', 'The upstream answered with JSON in no known form.'],
} as const;

function unusable(kind: keyof typeof UNUSABLE, { status, headers }: TransportReply): UpstreamFailure {
  const [problem, detail] = UNUSABLE[kind];
  const upstream = { status, code: null, requestId: readRequestId(headers) };
  // A document that cannot be used is this task's matter; no document at all is the upstream's.
  return new UpstreamFailure({ problem, detail, upstream, countsAsFailure: kind === 'no-json' });
}
