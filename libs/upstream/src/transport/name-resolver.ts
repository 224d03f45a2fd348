import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup as lookUpInSystem, Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { callbackify } from 'node:util';
import { LRUCache } from 'lru-cache';
import { SingleFlight } from '@gateway/async';

interface NameResolverOptions {
  /** Name servers as `address` or `address:port`; those of the machine if left out. */
  readonly servers?: readonly string[];
  /** Longest wait for one answer of one name server, in milliseconds; there are two tries. */
  readonly answerMs?: number;
  readonly hostsFile?: string;
}

interface Known {
  readonly addresses: readonly LookupAddress[];
  /** Milliseconds since the epoch. */
  freshUntil: number;
}

interface TimedAddress extends LookupAddress {
  /** Seconds. */
  readonly ttl: number;
}

const MAX_NAMES = 1_000;
const MIN_TTL_SECONDS = 5;
const MAX_TTL_SECONDS = 300;
/** Addresses of the hosts file and of the system have no time to live. */
const UNTIMED_TTL_SECONDS = 30;
/** Old addresses are better than none while the name servers are away (RFC 8767). */
const STALE_MS = 3_600_000;
/** A renewal that takes longer is waited for by nobody who has old addresses, and tried anew after `MIN_TTL_SECONDS`. */
const RENEWAL_MS = 250;
/** How long IPv6 addresses may come after those of IPv4 (RFC 8305, Resolution Delay). */
const IPV6_MS = 50;

const HAS_NO_ADDRESS: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);
const HAS_NO_ANSWER: ReadonlySet<string> = new Set([...HAS_NO_ADDRESS, 'ECONNREFUSED', 'ESERVFAIL', 'EREFUSED']);

/**
 * Addresses of host names: looked up once for all who wait for a name, remembered for as long as they are valid.
 * `getaddrinfo` occupies a thread for as long as a name server is silent, and two such names would stop all others:
 * name servers are queried without threads, the system only for what they do not know (search domains, mDNS).
 */
export class NameResolver {
  private readonly known = new LRUCache<string, Known>({ max: MAX_NAMES, ttl: STALE_MS });
  private readonly lookups = new SingleFlight<readonly LookupAddress[]>();

  constructor(private readonly options: NameResolverOptions = {}) {}

  /** For `net.connect`. Fails with `ENOTFOUND`, or `EAI_AGAIN` where nobody answered. */
  readonly lookup: LookupFunction = (name, { all, family }, callback) => {
    this.resolveFamily(name, family, (error, addresses) => {
      const [first] = addresses ?? [];
      if (first === undefined) callback(error, []);
      else if (all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };

  private readonly resolveFamily = callbackify(async (name: string, family: LookupOptions['family']) => {
    const wanted = family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : family;
    const addresses = (await this.resolve(name)).filter((address) => !wanted || address.family === wanted);
    if (addresses.length === 0) throw failure('ENOTFOUND');
    return addresses;
  });

  /** @throws Error with `code` `ENOTFOUND`, or `EAI_AGAIN` where nobody answered */
  async resolve(name: string): Promise<readonly LookupAddress[]> {
    const known = this.known.get(name);
    if (known !== undefined && known.freshUntil > Date.now()) return known.addresses;
    const fresh = this.lookUp(name);
    if (known === undefined) return fresh;
    const old = (): readonly LookupAddress[] => {
      known.freshUntil = Date.now() + MIN_TTL_SECONDS * 1_000;
      return known.addresses;
    };
    const orOld = fresh.catch(() => (this.known.has(name) ? old() : fresh));
    return Promise.race([orOld, delay(RENEWAL_MS, undefined, { ref: false }).then(old)]);
  }

  private async lookUp(name: string): Promise<readonly LookupAddress[]> {
    const find = () =>
      this.find(name).then(
        (found) => this.remember(name, found),
        (error: NodeJS.ErrnoException) => this.forget(name, error),
      );
    return (await this.lookups.run(name, find)).value;
  }

  private remember(name: string, found: readonly TimedAddress[]): readonly LookupAddress[] {
    const addresses = found.map(({ address, family }) => ({ address, family }));
    const ttl = Math.min(MAX_TTL_SECONDS, Math.max(MIN_TTL_SECONDS, Math.min(...found.map((one) => one.ttl))));
    this.known.set(name, { addresses, freshUntil: Date.now() + ttl * 1_000 });
    return addresses;
  }

  /** A name that is known to be gone has no addresses, however lately it had some. */
  private forget(name: string, error: NodeJS.ErrnoException): never {
    if (error.code === 'ENOTFOUND') this.known.delete(name);
    throw error;
  }

  private async find(name: string): Promise<readonly TimedAddress[]> {
    const listed = await readHostsFile(name, this.options.hostsFile);
    return listed.length > 0 ? untimed(listed) : this.queryServers(name);
  }

  private async queryServers(name: string): Promise<readonly TimedAddress[]> {
    // A new one each time: it reads which name servers the machine has now.
    const resolver = new Resolver({ timeout: this.options.answerMs ?? 1_000, tries: 2 });
    if (this.options.servers !== undefined) resolver.setServers(this.options.servers);
    const found: TimedAddress[] = [];
    const ipv4 = resolver.resolve4(name, { ttl: true }).then((records) => found.push(...withFamily(records, 4)));
    const ipv6 = resolver.resolve6(name, { ttl: true }).then((records) => found.push(...withFamily(records, 6)));
    const both = Promise.allSettled([ipv4, ipv6]);
    // Not the other way round: many machines cannot use IPv6, and would have nothing.
    const outcomes = await Promise.race([
      both,
      ipv4.then(
        () => delay(IPV6_MS, null, { ref: false }),
        () => both,
      ),
    ]);
    // For later lookups.
    if (outcomes === null) void both.then(() => this.remember(name, inOrder(found)));
    if (found.length > 0) return inOrder(found);
    const codes = (outcomes ?? []).map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : ''));
    if (!codes.every((code) => HAS_NO_ANSWER.has(code))) throw failure('EAI_AGAIN');
    return untimed(
      await lookUpInSystem(name, { all: true }).catch((error: NodeJS.ErrnoException) => {
        throw codes.every((code) => HAS_NO_ADDRESS.has(code)) ? error : failure('EAI_AGAIN');
      }),
    );
  }
}

/** IPv4 first. */
function inOrder(addresses: readonly TimedAddress[]): readonly TimedAddress[] {
  return addresses.toSorted((one, other) => one.family - other.family);
}

function withFamily(records: readonly { address: string; ttl: number }[], family: 4 | 6): TimedAddress[] {
  return records.map(({ address, ttl }) => ({ address, family, ttl }));
}

function untimed(addresses: readonly LookupAddress[]): TimedAddress[] {
  return addresses.map(({ address, family }) => ({ address, family, ttl: UNTIMED_TTL_SECONDS }));
}

function failure(code: 'ENOTFOUND' | 'EAI_AGAIN'): NodeJS.ErrnoException {
  return Object.assign(new Error('The name has no address.'), { code });
}

/** Addresses that a hosts file (hosts(5)) gives to a name, in its order; none where there is no such file. @throws Error where it cannot be read */
async function readHostsFile(name: string, file = '/etc/hosts'): Promise<LookupAddress[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'EACCES') return '';
    throw error;
  });
  const wanted = name.toLowerCase();
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    const family = isIP(address);
    return family !== 0 && names.some((one) => one.toLowerCase() === wanted) ? [{ address, family }] : [];
  });
}
