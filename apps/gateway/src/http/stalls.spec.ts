import { expect, it } from '@jest/globals';
import { Socket } from 'node:net';
import { Stalls } from './stalls.js';

it('one look at the network: answers all who ask within a moment, and nobody who asks later', async () => {
  let looks = 0;
  const stalls = new Stalls(async () => {
    looks += 1;
    return new Map<string, number>();
  });
  const first = stalls.isHeld(new Socket());
  await Promise.resolve();
  await Promise.all([first, stalls.isHeld(new Socket())]);
  expect(looks).toBe(1);
  await stalls.isHeld(new Socket());
  expect(looks).toBe(2);
});
