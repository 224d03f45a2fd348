import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { withoutExpress } from '../support/raw-exchange.js';
import type { Written } from '../support/raw-exchange.js';
import { APIG_INSTANCE, DMS_INSTANCE, PROJECT, REGION } from '../support/tasks.js';
import { expressGateways, MODES, ORIGIN, TRACE } from './support/express-gateways.js';
import type { Credential, Headers } from './support/express-gateways.js';

const { ask, credentialsOf, gatewayOf, tasks, warmUp } = expressGateways();

afterEach(() => {
  jest.restoreAllMocks();
});

describe("express route: its replies are the controller's, byte for byte", () => {
  const scope = { region: REGION, projectId: PROJECT };
  const spelled = (text: string, way: string): string =>
    way === 'as it is'
      ? text
      : `%${text.charCodeAt(0).toString(16)[way === 'upper' ? 'toUpperCase' : 'toLowerCase']()}${text.slice(1)}`;
  const validators: readonly (readonly [string, (etag: string) => Headers, boolean])[] = [
    ['none', () => [], false],
    ['equal', (etag) => [['If-None-Match', etag]], true],
    ['strong', (etag) => [['If-None-Match', etag.replace('W/', '')]], true],
    ['a list', (etag) => [['If-None-Match', `"one", ${etag}`]], true],
    [
      'two headers',
      (etag) => [
        ['If-None-Match', '"one"'],
        ['If-None-Match', etag],
      ],
      true,
    ],
    ['a star', () => [['If-None-Match', '*']], true],
    ['another', () => [['If-None-Match', 'W/"other"']], false],
    ['nonsense', () => [['If-None-Match', ',;"W/']], false],
  ];
  const requests = fc.record({
    task: fc.nat(),
    spelling: fc.constantFrom('as it is', 'as it is', 'upper', 'lower'),
    query: fc.shuffledSubarray(['region', 'projectId', 'view=basic', 'view=full', 'instanceId']),
    isArtifact: fc.constantFrom(false, false, false, true),
    method: fc.constantFrom('GET', 'GET', 'GET', 'GET', 'HEAD', 'POST'),
    version: fc.constantFrom('1.1', '1.1', '1.0'),
    hosts: fc.constantFrom(1, 1, 1, 1, 0, 2),
    credential: fc.oneof({ arbitrary: fc.constant(0), weight: 2 }, fc.nat()),
    validator: fc.constantFrom(...validators),
    caching: fc.constantFrom(null, null, 'no-cache', 'no-store', 'max-age=0', 'max-age=60', 'only-if-cached', ',;=x'),
    requestId: fc.constantFrom(null, 'mine-1', 'a"b', 'x'.repeat(129)),
    trace: fc.constantFrom(null, TRACE, 'nonsense', `${TRACE}-x`),
    origin: fc.constantFrom(null, null, ORIGIN, 'https://evil.example.com', 'null'),
    body: fc.constantFrom(null, null, null, 'GET / HTTP/1.1\r\n\r\n'),
  });

  it.each(MODES)(
    '%s',
    async (mode) => {
      jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 1_000);
      const sides = credentialsOf(mode);
      let express = 0;
      await fc.assert(
        fc.asyncProperty(requests, async (drawn) => {
          const { provider, id } = tasks()[drawn.task % tasks().length] as { provider: string; id: string };
          const { sent, status: allowed } = sides[drawn.credential % sides.length] as Credential;
          const instance = provider === 'apig' ? APIG_INSTANCE : DMS_INSTANCE;
          const views = drawn.query.filter((member) => member.startsWith('view'));
          const members = drawn.query
            .filter((member) => !member.startsWith('view') || (member === views[0] && !drawn.isArtifact))
            .filter((member) => member !== 'instanceId' || provider !== 'ims')
            .map((name) => {
              if (name.startsWith('view')) return name;
              return `${name}=${name === 'instanceId' ? instance : scope[name as 'region']}`;
            });
          const query = members.length === 0 ? '' : `?${members.join('&')}`;
          const path = `/tasks/${provider}/${spelled(id, drawn.spelling)}${drawn.isArtifact ? '/artifact' : ''}${query}`;
          const first = await warmUp(mode, path);
          const { etag = '' } = (await ask(mode, first)).reply.headers;
          const [, validator, isKnown] = drawn.validator;
          const one = (name: string, value: string | null): Headers => (value === null ? [] : [[name, value]]);
          const written: Written = {
            method: drawn.method,
            path,
            version: drawn.version,
            headers: [
              ...Array.from({ length: drawn.hosts }, (): readonly [string, string] => ['Host', 'a']),
              ...sent,
              ...validator(etag),
              ...one('Cache-Control', drawn.caching),
              ...one('X-Request-Id', drawn.requestId),
              ...one('traceparent', drawn.trace),
              ...one('Origin', drawn.origin),
              ...one('Content-Length', drawn.body === null ? null : String(drawn.body.length)),
            ],
            ...(drawn.body === null ? {} : { body: drawn.body }),
          };
          const isReload = /no-|=0/.test(drawn.caching ?? '');
          const hostsAreWrong = drawn.hosts > 1 || (drawn.hosts === 0 && drawn.version === '1.1');
          const isExpress =
            drawn.method !== 'POST' &&
            !hostsAreWrong &&
            !drawn.isArtifact &&
            !isReload &&
            allowed === 200 &&
            // Else the token is asked for its project.
            (mode !== 'passthrough' || path.includes('projectId='));
          const { by, head, content, reply } = await ask(mode, written);
          if (hostsAreWrong) expect(reply.status).toBe(400);
          else if (drawn.method === 'POST') expect(reply.status).toBe(405);
          else if (allowed !== 200)
            // A cloud token of which nothing is stored cannot be found out about without asking.
            expect([allowed, ...(drawn.caching === 'only-if-cached' ? [504] : [])]).toContain(reply.status);
          else if (!drawn.isArtifact) expect(reply.status).toBe(isKnown ? 304 : 200);
          if (!isExpress) return;
          expect(by).toBe('express');
          express += 1;
          const behind = await withoutExpress(gatewayOf(mode).app, () => ask(mode, written));
          expect(behind.by).toBe('controller');
          expect(head.toSorted()).toEqual(behind.head.toSorted());
          expect(content.equals(behind.content)).toBe(true);
        }),
        { numRuns: 100, seed: 20_261_121 },
      );
      expect(express).toBeGreaterThan(10);
    },
    120_000,
  );
});
