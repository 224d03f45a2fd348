import { backoffMs } from './backoff.js';
import { isTransient } from './errors.js';
import type { StreamEnd } from './event-stream.js';

/** Ways to wait; where one does not work, the next one is taken. */
export type Transport = 'stream' | 'long-poll' | 'poll';

const MINUTE_MS = 60_000;
/** Of streams in a row that were lost before they brought anything. */
const MOST_LOSSES = 5;
/** Browsers open six connections to a server that speaks HTTP/1.1: the page needs some, too. */
const MOST_LONG_POLLS = 3;

/** As short as a gateway ever says. */
const LEAST_RETRY_MS = 500;

/** What works for one client. */
export interface Transports {
  readonly mayStream: () => boolean;
  /** @returns milliseconds until the next stream; or, for waits that go on without, whether they may come again */
  readonly streamEnded: (end: StreamEnd) => number | boolean;
  readonly mayLongPoll: () => boolean;
  /** Does a long poll. */
  readonly longPoll: <T>(ask: () => Promise<T>) => Promise<T>;
}

/** Epoch milliseconds before which no client of this process tries a stream of this origin. */
const origins = new Map<string, number>();

/** @param first the first way that is tried */
export function transportsTo(baseUrl: string, first: Transport, random: () => number): Transports {
  const { origin } = new URL(baseUrl);
  // Epoch milliseconds; what depends on credentials or on the hour is no matter of the origin.
  let streamsFrom = 0;
  let longPollsFrom = 0;
  let longPolls = 0;
  let losses = 0;

  const rest = (): true => {
    streamsFrom = Date.now() + MINUTE_MS;
    return true;
  };
  const restAll = (): true => {
    origins.set(origin, Date.now() + 10 * MINUTE_MS);
    return true;
  };

  return {
    mayStream: () => first === 'stream' && Date.now() >= Math.max(streamsFrom, origins.get(origin) ?? 0),
    streamEnded({ reason, status, pieces, retryMs }) {
      if (status) {
        // One of the tasks, or their being together: a caller's token goes to one cloud.
        if (status === 400 || status === 413) return false;
        // A page, a redirect, an older gateway, a proxy that lets no such request through.
        return status < 400 || [404, 405, 501].includes(status) ? restAll() : rest();
      }
      if (reason === 'rotate' || reason === 'shutdown') return Math.max(retryMs, LEAST_RETRY_MS) * (1 + random() / 2);
      // A buffer in between.
      if (reason === 'silent' && pieces === 0) return restAll();
      // The next one has renewed credentials, or is refused: then the lookups are, too.
      if (reason !== null && reason !== 'credentials-expired') return rest();
      // The first one is but its head.
      losses = pieces > 1 ? 1 : losses + 1;
      if (losses > MOST_LOSSES) return rest();
      return pieces === 0 || backoffMs(losses - 1, random);
    },
    mayLongPoll: () => first !== 'poll' && longPolls < MOST_LONG_POLLS && Date.now() >= longPollsFrom,
    async longPoll(ask) {
      longPolls += 1;
      try {
        return await ask();
      } catch (error) {
        // Also a proxy's 504: it may give up on each before the gateway answers.
        if (isTransient(error)) longPollsFrom = Date.now() + MINUTE_MS;
        throw error;
      } finally {
        longPolls -= 1;
      }
    },
  };
}
