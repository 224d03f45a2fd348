import { describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import type { HostLabels, Provider } from '@gateway/tasks';
import type { Call } from '../http/call.js';
import type { Dialect } from './dialect.js';
import { findRoute } from './route.js';

const dialect = (id: string, service: HostLabels, ...paths: string[]): Dialect =>
  ({ provider: { ...(PROVIDERS[0] as Provider), id, service }, paths }) as unknown as Dialect;
const DIALECTS = [
  dialect('by-path', 'shared', '/v1/{projectId}/jobs/{id}', '/v1/jobs/{id}'),
  dialect('by-query', 'shared', '/v3/{projectId}/jobs?id={id}&form=full'),
  dialect('first', { 'open-telekom-cloud': 'same', 'huawei-cloud': 'other-name' }, '/v3/{projectId}/jobs?id={id}'),
  dialect('second', { 'open-telekom-cloud': 'another', 'huawei-cloud': 'same' }, '/v3/{projectId}/jobs?id={id}'),
  dialect('by-name', { github: 'gh' }, '/repos/{+projectId}/runs/{id}?short=true'),
  dialect('elsewhere', 'other', '/v1/{projectId}/jobs/{id}'),
];

function find(address: string): unknown {
  const [path = '', query = ''] = address.split('?');
  const segments = path.slice(1).split('/').map(decodeURIComponent);
  const route = findRoute(DIALECTS, { segments, query } as unknown as Call);
  return route === null ? null : [route.dialect.provider.id, route.members];
}

describe('route of a call', () => {
  it.each([
    ['/shared/v1/p/jobs/1', ['by-path', { projectId: 'p', id: '1' }]],
    ['/shared/v1/jobs/1', ['by-path', { id: '1' }]],
    ['/shared/v1/p/jobs/a%2fb', ['by-path', { projectId: 'p', id: 'a/b' }]],
    ['/shared/v3/p/jobs?id=1&form=full', ['by-query', { projectId: 'p', id: '1' }]],
    ['/shared/v3/p/jobs?more=2&form=full&id=a%26b', ['by-query', { projectId: 'p', id: 'a&b' }]],
    ['/same/v3/p/jobs?id=1', ['first', { projectId: 'p', id: '1' }]],
    ['/open-telekom-cloud/same/v3/p/jobs?id=1', ['first', { projectId: 'p', id: '1' }]],
    ['/huawei-cloud/same/v3/p/jobs?id=1', ['second', { projectId: 'p', id: '1' }]],
    ['/huawei-cloud/shared/v1/jobs/1', ['by-path', { id: '1' }]],
    ['/github/repos/a/b/runs/1?short=true', ['by-name', { projectId: 'a/b', id: '1' }]],
    ['/github/repos/a%2fb/c/d/runs/1?short=true', ['by-name', { projectId: 'a/b/c/d', id: '1' }]],
    ['/other/v1/p/jobs/1?id=2', ['elsewhere', { projectId: 'p', id: '1' }]],
  ])('%s: is the provider whose path it is', (address, expected) => {
    expect(find(address)).toEqual(expected);
  });

  it.each([
    ['/shared/v3/p/jobs?form=full', 'by-path'],
    ['/shared/v3/p/jobs?id=&form=full', 'by-path'],
    ['/shared/v3/p/jobs?id=1&form=short', 'by-path'],
    ['/shared/v1//jobs/1', 'by-path'],
    ['/other/v1/p/jobs/1/', 'elsewhere'],
    ['/github/repos/runs/1?short=true', 'by-name'],
    ['/github/repos/a/b/runs/1', 'by-name'],
    ['/other', 'elsewhere'],
  ])('%s: is no path of the provider below whose prefix it is', (address, provider) => {
    expect(find(address)).toEqual([provider, null]);
  });

  it.each([
    '/',
    '/nobody/v1/p/jobs/1',
    '/huawei-cloud',
    '/huawei-cloud/another/v3/p/jobs?id=1',
    '/other-name/v3/p/jobs?id=1',
    '/v1/p/jobs/1',
    '/OTHER/v1/p/jobs/1',
  ])('%s: is nobody’s', (address) => {
    expect(find(address)).toBeNull();
  });
});
