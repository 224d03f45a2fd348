import { createServer } from 'node:http';
import { portOf } from '../../support/http-client.js';

/** One question that arrived. */
export interface Call {
  /** `ims`, `apig`, `hetzner` or `iam`. */
  readonly service: string;
  /** When it arrived, by `performance.now()`. */
  readonly at: number;
  readonly token: string | null;
  readonly project: string;
  readonly id: string;
  /** Whether whoever asked has hung up without an answer. */
  readonly left: () => boolean;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the cloud says; an answer that is held back is a promise that the test resolves. */
export type Behaviour = (call: Call) => Answer | Promise<Answer>;

/** A cloud that says to each caller what the test wants, when the test wants it. */
export interface Cloud {
  readonly url: string;
  /** Since the behaviour was last set. */
  readonly calls: readonly Call[];
  readonly behave: (behaviour: Behaviour) => void;
  readonly close: () => Promise<void>;
}

const PATHS = [
  /^\/(?<service>ims)\/v1\/(?<project>[^/]+)\/jobs\/(?<id>[^/?]+)$/,
  /^\/(?<service>apig)\/v2\/(?<project>[^/]+)\/apigw\/instances\/[^/]+\/async-tasks\/(?<id>[^/?]+)$/,
  /^\/(?<service>hetzner)\/v1\/actions\/(?<id>\d+)$/,
  /^\/(?<service>iam)\/v3\/auth\/tokens/,
];

/** @param asksIdentity whether its identity service is part of the story; else it knows every token, and is not counted */
export async function startCloud(behaviour: Behaviour, asksIdentity = false): Promise<Cloud> {
  let current = behaviour;
  let calls: Call[] = [];
  const server = createServer({ maxHeaderSize: 128 * 1024, keepAliveTimeout: 75_000 }, (request, response) => {
    const found = PATHS.map((path) => path.exec(request.url ?? '')?.groups).find((groups) => groups !== undefined);
    const { service = '', project = '', id = '' } = found ?? {};
    const { authorization = '', 'x-auth-token': token = /^Bearer (.*)$/.exec(authorization)?.[1] } = request.headers;
    const call: Call = {
      service,
      at: performance.now(),
      project,
      id,
      token: typeof token === 'string' ? token : null,
      left: () => response.destroyed && !response.writableFinished,
    };
    const isAside = service === 'iam' && !asksIdentity;
    if (!isAside) calls.push(call);
    void (async () => {
      const { status, body, headers = {} } = isAside ? tokenOf('some', call) : await current(call);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    })();
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    get calls() {
      return calls;
    },
    behave(next) {
      current = next;
      calls = [];
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** What only those may see who may read tasks of a project. */
export const secretOf = (project: string): string => `secret-of-${project}`;

const taskIn =
  (word: string) =>
  (call: Pick<Call, 'project' | 'id'>): Answer => ({
    status: 200,
    body: { job_id: call.id, status: word, job_type: secretOf(call.project), entities: {} },
  });

/** The task has succeeded. */
export const succeeded = taskIn('SUCCESS');
export const running = taskIn('RUNNING');

/** An APIG export: a task with a file, and the secret in both. */
export function exported({ project, id }: Pick<Call, 'project' | 'id'>): Answer {
  const file = { FileName: 'export', FileType: '.json', Comment: JSON.stringify({ swagger: secretOf(project) }) };
  const task = { task_id: id, task_status: 'succeed', task_type: 'export_api', task_result: JSON.stringify(file) };
  return { status: 200, body: task };
}

export const notFound: Answer = { status: 400, body: { error: { code: 'IMG.0023', message: 'no such job' } } };
export const forbidden: Answer = { status: 403, body: { error: { code: 'IMG.0026', message: 'not for you' } } };
export const refused: Answer = { status: 401, body: { error_code: 'APIGW.0301', error_msg: 'no such token' } };
export const throttled: Answer = { status: 429, body: { error_code: 'APIGW.0308', error_msg: 'too many' } };
export const unavailable: Answer = { status: 503, body: {} };

/** The identity service knows the token: it is of this project, and ends after so many milliseconds. */
export function tokenOf(project: string, call: Call, lifetimeMs = 24 * 3_600_000, now = Date.now()): Answer {
  const token = {
    project: { id: project },
    issued_at: new Date(now).toISOString(),
    expires_at: new Date(now + lifetimeMs).toISOString(),
  };
  const date = new Date(now).toUTCString();
  return { status: 200, body: { token }, headers: { 'x-subject-token': call.token ?? '', date } };
}

/** Something that is held back until it is opened. */
export interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

export function closedGate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Answers when the gate opens. */
export function behind(gate: Gate, behaviour: Behaviour): Behaviour {
  return async (call) => {
    await gate.opened;
    return behaviour(call);
  };
}

/** One answer after the other, the last one ever after; the first when the gate opens. */
export function inTurn(gate: Gate, ...answers: readonly (Answer | Behaviour)[]): Behaviour {
  let count = 0;
  return async (call) => {
    const answer = answers[Math.min(count, answers.length - 1)] as Answer | Behaviour;
    count += 1;
    if (count === 1) await gate.opened;
    return typeof answer === 'function' ? answer(call) : answer;
  };
}
