import type { Ask } from '../../support/http-client.js';
import type { Asked } from './isolation-judge.js';

export const INSTANCE = 'instance-1';

export const ROLES = ['allowed', 'forbidden', 'expired', 'throttled'] as const;
export type Role = (typeof ROLES)[number];
export const WAYS = [
  'plain',
  'basic',
  'head',
  'artifact',
  'batch',
  'known',
  'anything',
  'no-cache',
  'no-store',
  'only-if-cached',
  'max-age=1',
] as const;
export type Way = (typeof WAYS)[number];
type Region = Asked['region'];

export interface Question {
  readonly replica: number;
  readonly token: number;
  readonly region: Region;
  readonly project: number;
  readonly task: number;
  readonly way: Way;
}

/** One step of a story. Numbers choose among the few tokens, projects and tasks that there are. */
export type Step =
  | ({ readonly kind: 'ask' } & Question)
  | { readonly kind: 'role'; readonly token: number; readonly project: number; readonly role: Role }
  | { readonly kind: 'hold' | 'release' | 'leave' | 'finish' }
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'down'; readonly what: 'nothing' | 'services' | 'identity' }
  | {
      readonly kind: 'purge';
      readonly replica: number;
      readonly what: 'task' | 'scope' | 'provider' | 'principal';
      readonly region: Region;
      readonly number: number;
    };

/** @param etag that somebody was shown last, whoever that was */
export function requestOf({ token, region, project, task }: Asked, way: Way, etag = '"none"'): Ask {
  const scope = { region, projectId: project, instanceId: INSTANCE };
  const path = `/tasks/apig/${task}${way === 'artifact' ? '/artifact' : ''}?${new URLSearchParams(scope).toString()}`;
  const headers = { 'x-auth-token': token };
  switch (way) {
    case 'plain':
    case 'artifact':
      return { path, headers };
    case 'basic':
      return { path: `${path}&view=basic`, headers };
    case 'head':
      return { method: 'HEAD', path, headers };
    case 'known':
      return { path, headers: { ...headers, 'if-none-match': etag } };
    case 'anything':
      return { path, headers: { ...headers, 'if-none-match': '*' } };
    case 'batch': {
      const body = JSON.stringify({ tasks: [{ provider: 'apig', id: task, ...scope }] });
      const type = { 'content-type': 'application/json' };
      return { method: 'POST', path: '/tasks/batch-get', headers: { ...headers, ...type }, body };
    }
    default:
      return { path, headers: { ...headers, 'cache-control': way } };
  }
}
