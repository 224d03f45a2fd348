import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { requestUrl, serviceUrl } from './upstream-region.js';
import { UpstreamFailure } from './errors/upstream-failure.js';

const PATH = '/v2/{projectId}/instances/{instanceId}/tasks/{id}';
const BASES = ['https://dms.eu-de.example.com', 'https://dms.example.com:8443/prefix/dms/', 'http://127.0.0.1:1/%7Ea'];
const scope = { projectId: 'p1', instanceId: 'i1' };

describe('serviceUrl', () => {
  it('puts the label of a service into host and path', () => {
    expect(serviceUrl('https://{service}.eu-de.example.com', 'dms').href).toBe('https://dms.eu-de.example.com/');
    expect(serviceUrl('http://127.0.0.1:1/{service}', 'dms').href).toBe('http://127.0.0.1:1/dms');
  });
});

describe('requestUrl', () => {
  it.each([
    ['https://dms.eu-de.example.com', 'https://dms.eu-de.example.com/v2/p1/instances/i1/tasks/t1'],
    ['https://dms.example.com/prefix', 'https://dms.example.com/prefix/v2/p1/instances/i1/tasks/t1'],
    ['https://dms.example.com:8443/prefix//', 'https://dms.example.com:8443/prefix/v2/p1/instances/i1/tasks/t1'],
  ])('goes below %s', (base, expected) => {
    expect(requestUrl(new URL(base), PATH, { ...scope, id: 't1' }).href).toBe(expected);
  });

  it.each([
    ['a/b', 'a%2Fb'],
    ['a?x=1', 'a%3Fx%3D1'],
    ['a#x', 'a%23x'],
    ['%2e%2e', '%252e%252e'],
    ['..%2f..', '..%252f..'],
    ['//evil.example', '%2F%2Fevil.example'],
    ['https://evil.example/', 'https%3A%2F%2Fevil.example%2F'],
    ['..\\..', '..%5C..'],
    ['...', '...'],
    ['a b+c', 'a%20b%2Bc'],
    ['a\r\nHost: evil', 'a%0D%0AHost%3A%20evil'],
    ['a\0', 'a%00'],
    ['é😀', '%C3%A9%F0%9F%98%80'],
    ['__proto__', '__proto__'],
  ])('makes one segment of %j', (id, segment) => {
    const url = requestUrl(new URL(BASES[0] ?? ''), PATH, { ...scope, id });
    expect(url.pathname).toBe(`/v2/p1/instances/i1/tasks/${segment}`);
  });

  it.each([['..'], ['.'], ['']])('refuses %j', (id) => {
    for (const base of BASES)
      for (const member of ['id', 'projectId', 'instanceId'])
        expect(() => requestUrl(new URL(base), PATH, { ...scope, id: 't1', [member]: id })).toThrow(
          expect.objectContaining({ slug: 'validation-failed', retry: 'never' }),
        );
  });

  it('refuses a path with a segment that is not there', () => {
    for (const id of [null, undefined] as const)
      expect(() => requestUrl(new URL(BASES[0] ?? ''), PATH, { ...scope, id: id as null })).toThrow(UpstreamFailure);
  });

  const nasty = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom(..."./\\%2eEf?#@: \t\n&=+;'"),
    }),
  );

  it('stays below its base whatever it is given', () => {
    fc.assert(
      fc.property(fc.constantFrom(...BASES), nasty, nasty, (base, instanceId, id) => {
        let url: URL;
        try {
          url = requestUrl(new URL(base), PATH, { projectId: 'p1', instanceId, id });
        } catch (error) {
          // Lone surrogates cannot be encoded; nothing else but a fault is thrown.
          expect(error instanceof UpstreamFailure || error instanceof URIError).toBe(true);
          return;
        }
        const prefix = new URL(base).pathname.replace(/\/+$/, '');
        expect(url.origin).toBe(new URL(base).origin);
        expect([url.search, url.hash, url.username, url.password]).toEqual(['', '', '', '']);
        expect(url.pathname.startsWith(`${prefix}/v2/p1/instances/`)).toBe(true);
        const segments = url.pathname.slice(prefix.length + 1).split('/');
        expect(segments).toHaveLength(6);
        expect([segments[3], segments[5]].map((segment) => decodeURIComponent(segment ?? ''))).toEqual([
          instanceId,
          id,
        ]);
      }),
      { numRuns: 2_000 },
    );
  });

  const RUN = '/repos/{+projectId}/runs/{id}';

  it.each([
    ['owner/repo', '/repos/owner/repo/runs/1'],
    ['a/b c/.git', '/repos/a/b%20c/.git/runs/1'],
    ['a?b/#c', '/repos/a%3Fb/%23c/runs/1'],
    ['a%2Fb/..%2f', '/repos/a%252Fb/..%252f/runs/1'],
  ])('value %j with slashes that are kept: one segment for each part', (projectId, path) => {
    expect(requestUrl(new URL('https://a.example/'), RUN, { projectId, id: '1' }).href).toBe(
      `https://a.example${path}`,
    );
  });

  it.each(['/', 'a/', '/a', 'a//b', '.', '..', 'a/.', '../a', 'a/../b', 'a/./b', ''])(
    'value %j with slashes that are kept: refused, as a part is missing or leads elsewhere',
    (projectId) => {
      for (const base of BASES)
        expect(() => requestUrl(new URL(base), RUN, { projectId, id: '1' })).toThrow(UpstreamFailure);
    },
  );

  it('any value with slashes that are kept: no other host, parameter or fragment, and no segment but its parts', () => {
    fc.assert(
      fc.property(fc.constantFrom(...BASES), nasty, nasty, (base, projectId, id) => {
        let url: URL;
        try {
          url = requestUrl(new URL(base), RUN, { projectId, id });
        } catch (error) {
          expect(error instanceof UpstreamFailure || error instanceof URIError).toBe(true);
          return;
        }
        const prefix = new URL(base).pathname.replace(/\/+$/, '');
        expect(url.origin).toBe(new URL(base).origin);
        expect([url.search, url.hash, url.username, url.password]).toEqual(['', '', '', '']);
        const [, repos, ...segments] = url.pathname.slice(prefix.length).split('/');
        expect([repos, segments.at(-2)]).toEqual(['repos', 'runs']);
        expect(segments.slice(0, -2).map(decodeURIComponent)).toEqual(projectId.split('/'));
        expect(decodeURIComponent(segments.at(-1) ?? '')).toBe(id);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['a&id=b', 'a%26id%3Db'],
    ['a#b', 'a%23b'],
    ['a+b c', 'a%2Bb%20c'],
    ["o'a", 'o%27a'],
    ['a;b?c', 'a%3Bb%3Fc'],
  ])('makes one value of a query of %j', (id, value) => {
    const url = requestUrl(new URL('https://a.example/b/'), '/v3/{projectId}/jobs?id={id}', { ...scope, id });
    expect(url.href).toBe(`https://a.example/b/v3/p1/jobs?id=${value}`);
    expect([...url.searchParams]).toEqual([['id', id]]);
  });

  it('makes no other path, host, parameter or fragment of a query whatever it is given, and its base', () => {
    const suffixes = fc.constantFrom('', '/', '/?x=1', '/#x', '/?id=evil&limit=1#id', '/a/..//', '/?');
    fc.assert(
      fc.property(fc.constantFrom(...BASES), suffixes, nasty, nasty, (base, suffix, projectId, id) => {
        const from = new URL(base + suffix);
        let url: URL;
        try {
          url = requestUrl(from, '/v3/{projectId}/jobs?id={id}&limit=1', { projectId, id });
        } catch (error) {
          expect(error instanceof UpstreamFailure || error instanceof URIError).toBe(true);
          return;
        }
        const prefix = from.pathname.replace(/\/+$/, '');
        expect(url.origin).toBe(new URL(base).origin);
        expect([url.hash, url.username, url.password]).toEqual(['', '', '']);
        const segments = url.pathname.slice(prefix.length).split('/');
        expect([segments.length, segments[1], segments[3]]).toEqual([4, 'v3', 'jobs']);
        expect(decodeURIComponent(segments[2] ?? '')).toBe(projectId);
        expect([...url.searchParams]).toEqual([
          ['id', id],
          ['limit', '1'],
        ]);
      }),
      { numRuns: 2_000 },
    );
  });
});
