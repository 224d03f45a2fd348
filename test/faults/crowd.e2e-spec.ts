import { afterEach, describe, expect, it } from '@jest/globals';
import { UpstreamClient } from '@gateway/upstream';
import { eventually } from '../support/eventually.js';
import { holdingBack, wellBehaved } from './support/answers.js';
import { expectContained } from './support/expectations.js';
import { startTwoClouds } from './support/two-clouds.js';
import type { TwoClouds } from './support/two-clouds.js';

let clouds: TwoClouds;
afterEach(async () => {
  await expectContained(clouds);
  await clouds.close();
});

/** Only a machine that is busy with other things needs more than the default for a thousand. */
const PATIENT = { queueMs: 8_000, connectMs: 5_000 };

describe('a crowd of different tasks', () => {
  it.each([
    [256, 'at once', 0, {}],
    [256, 'in 20 ms', 20, {}],
    [1_000, 'at once', 0, PATIENT],
    [1_000, 'in 20 ms', 20, PATIENT],
  ])('%i callers: nobody is refused while the upstream answers %s', async (callers, _when, ms, upstream) => {
    clouds = await startTwoClouds({ upstream });
    clouds.faulty.behave((exchange) => (ms === 0 ? wellBehaved(exchange) : void setTimeout(wellBehaved, ms, exchange)));
    const replies = await Promise.all(
      Array.from({ length: callers }, (_, index) => clouds.askFaulty({}, `task-${index}`)),
    );
    const statuses: Record<number, number> = {};
    for (const { status } of replies) statuses[status] = (statuses[status] ?? 0) + 1;
    expect(statuses).toEqual({ 200: callers });
    expect(clouds.faulty.requests).toHaveLength(callers);
  });

  it.each([256, 1_000])('%i callers: all of them may wait at the same time', async (callers) => {
    clouds = await startTwoClouds({ upstream: { queueMs: 60_000, attemptMs: 60_000, requestMs: 60_000 } });
    const { behaviour, release } = holdingBack();
    clouds.faulty.behave(behaviour);
    const asked = Promise.all(Array.from({ length: callers }, (_, index) => clouds.askFaulty({}, `task-${index}`)));
    const client = clouds.gateway.app.get(UpstreamClient);
    await eventually(() => client.state('ims', 'eu-test').queued === callers - 64);
    release();
    expect((await asked).filter(({ status }) => status !== 200)).toEqual([]);
  });
});
