import type { TaskCache } from '@gateway/cache';
import type { Siblings } from './siblings.js';

const TOPIC = 'purge';

/** Has a purge hold in all processes of one port at once, whether or not they share a Redis. Resolves to whether all know. */
export function tellOfPurges(siblings: Siblings): (message: string) => Promise<boolean> {
  return async (message) => (await siblings.ask(TOPIC, message)).missing === 0;
}

/** The other end of {@link tellOfPurges}. */
export function hearOfPurges(siblings: Siblings, cache: TaskCache): void {
  siblings.onQuestion(TOPIC, (message) => cache.mergePurge(String(message)));
}
