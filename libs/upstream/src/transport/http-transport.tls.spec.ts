import { HttpService } from '@nestjs/axios';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority } from '../testing/authority.js';
import type { Authority } from '../testing/authority.js';
import { UpstreamFailure } from '../errors/upstream-failure.js';
import { HttpTransport } from './http-transport.js';

describe('TLS', () => {
  let authority: Authority;
  let server: https.Server | undefined;
  let transport: HttpTransport | undefined;

  beforeAll(async () => {
    authority = await createAuthority();
  });
  afterEach(async () => {
    await transport?.close();
    await new Promise((closed) => server?.close(closed));
  });

  async function ask(cert: string, trusted: boolean): Promise<unknown> {
    let requests = 0;
    server = https.createServer({ key: authority.key, cert }, (_request, response) => {
      requests += 1;
      response.end('hello');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    transport = new HttpTransport(new HttpService(), trusted ? { extraCa: cert } : {});
    const url = new URL(`https://localhost:${(server.address() as AddressInfo).port}/`);
    const options = { signal: new AbortController().signal, bodyBytes: 1_000, attemptMs: 10_000 };
    const sent = transport.send({ method: 'GET', url, headers: { 'x-auth-token': 'T' } }, options);
    const outcome: unknown = await sent.then(
      ({ body }) => body.toString(),
      (reason: unknown) => reason,
    );
    if (outcome instanceof UpstreamFailure) expect(requests).toBe(0);
    return outcome;
  }

  it('certificate of a trusted authority for the right host: accepted', async () => {
    expect(await ask(await authority.certificate('localhost', 'valid'), true)).toBe('hello');
  });

  it.each([
    ['expired', 'localhost', 'expired', true, 'The certificate of the upstream has expired.'],
    ['for another host', 'cloud.test', 'valid', true, 'The certificate of the upstream is for another host.'],
    ['self-signed', 'localhost', 'valid', false, 'The certificate of the upstream is not trusted.'],
  ] as const)('certificate that is %s: refused', async (_name, host, age, trusted, message) => {
    expect(await ask(await authority.certificate(host, age), trusted)).toMatchObject({
      slug: 'upstream-unreachable',
      retry: 'backoff',
      message,
    });
  });

  it('environment that turns verification off: verified all the same', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await ask(await authority.certificate('localhost', 'valid'), false)).toBeInstanceOf(UpstreamFailure);
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });
});
