import { createHash, createHmac } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Provider } from '@gateway/tasks';
import { DEMO_ACCESS_KEY, DEMO_ACCOUNT, DEMO_PASSWORD, DEMO_SECRET_KEY } from '../accounts.js';
import { prefixesOf } from '../address.js';
import type { Simulator } from '../simulator.js';

export const PROJECT = 'ac234de25c6741d2b1273da49eea1b9e';
export const SECOND_PROJECT = '5f3a8e0d7c1b4e6f9a2d4c8b1e7f6a35';
export const APIG_INSTANCE = 'eddc4d25480b4cd6b512f270a1b8b341';
export const DMS_INSTANCE = 'c4f2a1b6-3c9e-4c51-9b27-0d1c6a8e7f30';
/** Well-formed, and never the id of a task. */
export const NO_TASK = '0123456789abcdef0123456789abcdef';

/** Path of a task of a service. */
export const pathTo = {
  apig: (task: string, project = PROJECT, instance = APIG_INSTANCE) =>
    `/apig/v2/${project}/apigw/instances/${instance}/async-tasks/${task}`,
  dms: (task: string, project = PROJECT, instance = DMS_INSTANCE) =>
    `/dms/v2/${project}/instances/${instance}/tasks/${task}`,
  ims: (task: string, project = PROJECT) => `/ims/v1/${project}/jobs/${task}`,
  evs: (task: string, project = PROJECT) => `/evs/v1/${project}/jobs/${task}`,
};

/** Addresses of a task of any provider, in the demo's project and instance. */
export function addressesOf(provider: Provider, id: string): readonly string[] {
  const instanceId = DEMO_ACCOUNT.projects[0]?.instances?.[provider.id]?.[0] ?? '';
  const members: Readonly<Record<string, string>> = { projectId: PROJECT, instanceId, id };
  const path = provider.path.replace(/\{\+?(\w+)\}/g, (_match, member: string) => members[member] ?? '');
  return prefixesOf(provider).map((prefix) => `/${prefix.join('/')}${path}`);
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The text as JSON; undefined if it is none. */
  readonly body: unknown;
}

export async function ask(simulator: Simulator, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(simulator.url + path, { redirect: 'manual', ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: readJson(text) };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function askWithToken(simulator: Simulator, path: string, token: string): Promise<Answer> {
  return ask(simulator, path, { headers: { 'X-Auth-Token': token } });
}

export function tokenFor(simulator: Simulator, projectId = PROJECT): string {
  return simulator.control.issueToken({ domain: 'demo', user: 'demo', projectId });
}

export function send(simulator: Simulator, method: string, path: string, body?: unknown): Promise<Answer> {
  return ask(simulator, path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

/** A login with the password method. */
export function loginBody(scope: unknown, password = DEMO_PASSWORD, user = 'demo', domain = 'demo'): unknown {
  const identity = { methods: ['password'], password: { user: { name: user, password, domain: { name: domain } } } };
  return { auth: { identity, ...(scope !== undefined && { scope }) } };
}

export interface SignOptions {
  readonly query?: string;
  readonly time?: number;
  readonly access?: string;
  readonly secret?: string;
  readonly host?: string;
  /** Added and signed. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Headers of a signed GET without a body; the path must be free of characters that would need encoding. */
export function signedHeaders(path: string, options: SignOptions = {}): Record<string, string> {
  const { query = '', time = Date.now(), access = DEMO_ACCESS_KEY, secret = DEMO_SECRET_KEY } = options;
  const date = new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
  const headers: Record<string, string> = { 'x-sdk-date': date, ...options.headers };
  const names = Object.keys(headers).toSorted();
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const canonical = `GET\n${path}/\n${query}\n${lines}\n${names.join(';')}\n${sha256('')}`;
  const toSign = `SDK-HMAC-SHA256\n${date}\n${sha256(canonical)}`;
  const signature = createHmac('sha256', secret).update(toSign).digest('hex');
  const authorization = `SDK-HMAC-SHA256 Access=${access}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...headers, authorization };
}

/** What came over a socket until it ended, and how it ended. */
export interface Wire {
  readonly text: string;
  readonly end: 'closed' | 'reset';
}

/** Sends a GET over a socket of its own and reads until the other side ends it. */
export function overSocket(simulator: Simulator, path: string, token: string): Promise<Wire> {
  return new Promise((resolve) => {
    const socket = openRequest(simulator, path, token);
    let text = '';
    let end: Wire['end'] = 'closed';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', () => (end = 'reset'));
    socket.on('close', () => resolve({ text, end }));
  });
}

/** A socket on which a GET was sent. */
export function openRequest(simulator: Simulator, path: string, token: string): Socket {
  const socket = connect(simulator.port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Auth-Token: ${token}\r\n\r\n`);
  return socket;
}
