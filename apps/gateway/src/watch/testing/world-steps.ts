import fc from 'fast-check';
import { PRINCIPALS } from './watched-world.js';
import type { Principal, World } from './watched-world.js';
import { problems } from './world-moods.js';
import type { Mood } from './world-moods.js';

const principal = fc.constantFrom(...PRINCIPALS);
const mood = fc.constantFrom<Mood>('well', 'well', 'well', ...(Object.keys(problems) as Mood[]));
/** Something that happens in a world: one of its methods, by name. */
export const step = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('join'), principal, mood, fc.boolean()) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('leave'), fc.nat(9)) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('answer'), fc.nat(3)) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('pass'), fc.constantFrom(10, 600, 4_000, 5_000, 21_000, 61_000)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('mood'), principal, mood) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('change'), fc.constantFrom(false, false, false, true)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('news')) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('lose')) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('endProof'), principal) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('deny'), principal) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

export function take(world: World, [name, ...args]: Step): void | Promise<void> {
  if (name === 'mood') return void world.moods.set(args[0] as Principal, args[1] as Mood);
  return (world[name as keyof World] as (...given: unknown[]) => void | Promise<void>)(...args);
}
