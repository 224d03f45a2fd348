import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { wellBehaved } from './support/answers.js';
import { createAuthority } from '../../libs/upstream/src/testing/authority.js';
import type { Authority } from '../../libs/upstream/src/testing/authority.js';
import { expectContained, expectLive } from './support/expectations.js';
import { expectProblem } from './support/problem.js';
import { startRawUpstream } from './support/raw-upstream.js';
import { startTwoClouds } from './support/two-clouds.js';
import type { TwoClouds } from './support/two-clouds.js';

const usual = getCACertificates('default');

describe('an upstream that shows a certificate', () => {
  let authority: Authority;
  let clouds: TwoClouds;

  beforeAll(async () => {
    authority = await createAuthority();
  });
  afterEach(async () => {
    await expectContained(clouds);
    await clouds.close();
    setDefaultCACertificates(usual);
  });

  /** A gateway whose image service shows this certificate, on a machine that trusts these. */
  async function start(certificate: string, trusted: readonly string[]): Promise<void> {
    setDefaultCACertificates([...usual, ...trusted]);
    const tls = { key: authority.key, cert: certificate };
    clouds = await startTwoClouds({ faulty: await startRawUpstream(wellBehaved, { tls }) });
  }

  it('good for its host: asked', async () => {
    const certificate = await authority.certificate('localhost', 'valid');
    await start(certificate, [certificate]);
    expectLive(await clouds.askFaulty());
    expect([clouds.faulty.requests.length, clouds.faulty.connections()]).toEqual([1, 1]);
  });

  it.each([
    ['that has expired', 'localhost', 'expired', true, 'The certificate of the upstream has expired.'],
    ['for another host', 'cloud.test', 'valid', true, 'The certificate of the upstream is for another host.'],
    ['of an unknown authority', 'localhost', 'valid', false, 'The certificate of the upstream is not trusted.'],
  ] as const)('%s: sent nothing, three attempts', async (_name, host, age, trusted, detail) => {
    const certificate = await authority.certificate(host, age);
    await start(certificate, trusted ? [certificate] : []);
    expectProblem(clouds.gateway, await clouds.askFaulty(), { slug: 'upstream-unreachable', detail, provider: 'ims' });
    expect([clouds.faulty.requests.length, clouds.faulty.connections()]).toEqual([0, 3]);
    const remembered = await clouds.askFaulty({ 'cache-control': 'only-if-cached' });
    expect(remembered.status).toBe(504);
  });
});
