import { Principals } from '../../../apps/gateway/src/access/authentication.js';
import type { Ask, Reply } from '../../support/http-client.js';
import { tokenOf } from './cloud.js';
import type { Behaviour } from './cloud.js';
import { SECRETS } from './replicas.js';

export const PROJECT = 'project-1';
export const PROOF_SECONDS = 120;
export const RIGHTS = { alice: [PROJECT], carol: [PROJECT], bob: ['project-2'] };

export const ALICE = new Principals(SECRETS.PRINCIPAL_SECRET).of('token', 'alice');

export const read = (token: string, region: string, id = 'task-1', headers = {}): Ask => ({
  path: `/tasks/ims/${id}?region=${region}&projectId=${PROJECT}`,
  headers: { 'x-auth-token': token, ...headers },
});
export const RELOAD = { 'cache-control': 'no-cache' };
export const slugOf = ({ status, body }: Reply): unknown =>
  status === 200 ? (body as { source: string }).source : (body as { type: string }).type.replace(/^.*\//, '');
/** The identity service knows these tokens' projects; the services behave as told. */
export const identified =
  (projects: Readonly<Record<string, string>>, services: Behaviour, lifetimeMs?: number): Behaviour =>
  (call) => {
    if (call.service !== 'iam') return services(call);
    const project = projects[call.token ?? ''];
    return project === undefined ? { status: 401, body: { error: { code: 401 } } } : tokenOf(project, call, lifetimeMs);
  };
