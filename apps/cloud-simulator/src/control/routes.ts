import type { Call } from '../http/call.js';
import { json } from '../http/reply.js';
import type { Reply } from '../http/reply.js';
import type { Control } from './control.js';
import { InputError } from '../http/fields.js';

/** One operation of the control API; the README of this application describes them. */
interface Route {
  readonly method: string;
  /** Below `/_control/`; a star is one segment. */
  readonly path: string;
  readonly answer: (control: Control, input: Input) => Reply;
}

interface Input {
  /** Parsed JSON of the body. Its members are checked by the control functions. */
  readonly body: never;
  /** What stands in place of the star. */
  readonly segment: string;
  readonly query: URLSearchParams;
}

const DONE: Reply = { status: 204, body: '' };
const done = (act: () => void): Reply => {
  act();
  return DONE;
};

const ROUTES: readonly Route[] = [
  { method: 'POST', path: 'tasks', answer: (control, { body }) => json(201, control.createTask(body)) },
  { method: 'PUT', path: 'replies', answer: (control, { body }) => done(() => control.putReply(body)) },
  { method: 'GET', path: 'clock', answer: (control) => json(200, clockBody(control.now())) },
  { method: 'POST', path: 'clock', answer: (control, { body }) => json(200, clockBody(control.advanceClock(body))) },
  {
    method: 'PUT',
    path: 'faults/*',
    answer: (control, { body, segment }) => done(() => control.putFault(segment, body)),
  },
  { method: 'DELETE', path: 'faults/*', answer: (control, { segment }) => done(() => control.clearFaults(segment)) },
  { method: 'DELETE', path: 'faults', answer: (control) => done(() => control.clearFaults()) },
  {
    method: 'GET',
    path: 'requests',
    answer: (control, { query }) => json(200, { requests: control.requests(query.get('service') ?? undefined) }),
  },
  { method: 'DELETE', path: 'requests', answer: (control) => done(() => control.clearRequests()) },
  {
    method: 'POST',
    path: 'tokens/revoke',
    answer: (control, { body }) => json(200, { revoked: control.revokeTokens(body) }),
  },
  { method: 'DELETE', path: 'state', answer: (control) => done(() => control.reset()) },
];

/** Answers what is asked below `/_control`. */
export function answerControl(control: Control, call: Call): Reply {
  const [, ...segments] = call.segments ?? [];
  const fitting = ROUTES.filter(({ path }) => fits(path, segments));
  const route = fitting.find(({ method }) => method === call.method);
  if (route === undefined)
    return fitting.length === 0
      ? json(404, { errors: ['there is no such control operation'] })
      : json(405, { errors: [`use ${fitting.map(({ method }) => method).join(' or ')}`] });
  try {
    return route.answer(control, {
      body: parseBody(call.body),
      segment: segments.at(-1) ?? '',
      query: new URLSearchParams(call.query),
    });
  } catch (error) {
    if (error instanceof InputError) return json(400, { errors: error.problems });
    throw error;
  }
}

function fits(path: string, segments: readonly string[]): boolean {
  const parts = path.split('/');
  return parts.length === segments.length && parts.every((part, index) => part === '*' || part === segments[index]);
}

function parseBody(body: Buffer | null): never {
  if (body === null) throw new InputError(['the body is larger than 1 MiB']);
  if (body.length === 0) return undefined as never;
  try {
    return JSON.parse(body.toString()) as never;
  } catch {
    throw new InputError(['the body is not JSON']);
  }
}

function clockBody(now: number): { readonly now: string } {
  return { now: new Date(now).toISOString() };
}
