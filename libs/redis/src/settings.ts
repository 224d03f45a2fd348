import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { Parses, TaggedBy, isReadBy, rule } from '@gateway/settings';

/** Where one server listens. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** What a URL says. */
interface RedisUrl extends RedisAddress {
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly isTls: boolean;
}

const KINDS = ['standalone', 'sentinel', 'cluster'] as const;

const HOST_NAME = /^(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** Certificates are always verified; there is nothing that turns it off. */
export class RedisTlsSettings {
  /** PEM file of the authorities that are trusted instead of the usual ones; read when the connection is made. */
  @IsOptional()
  @Parses('isCertificateFile', readCertificates, 'a file of PEM certificates that the gateway can read')
  readonly caFile?: string;
  /** Host name that certificates are for and that servers are asked for, where it is not the one connected to. */
  @IsOptional() @Matches(HOST_NAME, { message: '$property must be a host name' }) readonly serverName?: string;
}

class AnyRedisSettings {
  /** Put before every key and channel, so that several gateways can share a server. Braces belong to the hash tag. */
  @IsOptional()
  @Matches(/^[^{}\s]*$/, { message: '$property must have no braces or blanks' })
  readonly keyPrefix?: string;
  /** Milliseconds that one request may lose to a Redis that does not answer; 150 if left out. */
  @IsOptional() @IsInt() @Min(10) @Max(10_000) readonly commandMs?: number;
  @ValidateIf((_, value: unknown) => value !== undefined && value !== true)
  @IsObject({ message: '$property must be true, or have a caFile or a serverName' })
  @ValidateNested({ message: '$property must be true, or have a caFile or a serverName' })
  @Type(() => RedisTlsSettings)
  readonly tls?: true | RedisTlsSettings;
}

/** One Redis server, or a proxy that looks like one. */
export class StandaloneRedisSettings extends AnyRedisSettings {
  @IsIn(KINDS) readonly kind = 'standalone' as const;
  /** `redis://` or, over TLS, `rediss://[user[:password]@]host[:port][/db]`. */
  @Parses('isRedisUrl', readRedisUrl, 'redis:// or rediss://[user[:password]@]host[:port][/db]')
  readonly url: string;
}

/** A primary that Sentinels watch over, and replace when it fails. */
export class SentinelRedisSettings extends AnyRedisSettings {
  @IsIn(KINDS) readonly kind = 'sentinel' as const;
  /** `host:port` of each Sentinel. */
  @AreAddresses() readonly sentinels: readonly string[];
  /** What the Sentinels call the primary. */
  @Matches(/^[\w.-]+$/, { message: '$property must be the name by which the Sentinels know the primary' })
  readonly master: string;
  @IsOptional() @IsString() @IsNotEmpty() readonly username?: string;
  @PasswordOf('username') readonly password?: string;
  @IsOptional() @IsString() @IsNotEmpty() readonly sentinelUsername?: string;
  @PasswordOf('sentinelUsername') readonly sentinelPassword?: string;
  @IsOptional() @IsInt() @Min(0) @Max(99_999) readonly db?: number;
}

/** Redis Cluster; any of its nodes tells the others. */
export class ClusterRedisSettings extends AnyRedisSettings {
  @IsIn(KINDS) readonly kind = 'cluster' as const;
  /** `host:port` of some nodes. */
  @AreAddresses() readonly nodes: readonly string[];
  @IsOptional() @IsString() @IsNotEmpty() readonly username?: string;
  @PasswordOf('username') readonly password?: string;
}

/** How Redis is reached. Tagged: a further topology is a further member with its own opener. */
export type RedisSettings = StandaloneRedisSettings | SentinelRedisSettings | ClusterRedisSettings;

/** The class of a section of {@link RedisSettings}, by its `kind`. */
export const RedisKind = (): PropertyDecorator =>
  TaggedBy('kind', {
    standalone: StandaloneRedisSettings,
    sentinel: SentinelRedisSettings,
    cluster: ClusterRedisSettings,
  });

function AreAddresses(): PropertyDecorator {
  return rule(
    'areRedisAddresses',
    (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      new Set(value).size === value.length &&
      value.every((text) => isReadBy(readRedisAddress, text)),
    '$property must be a list of host:port, each of them once',
  );
}

/** A user needs one; alone it is that of the user `default`. */
function PasswordOf(user: 'username' | 'sentinelUsername'): PropertyDecorator {
  const isNeeded = (login: Partial<SentinelRedisSettings>, value: unknown): boolean =>
    value !== undefined || login[user] !== undefined;
  return (target, property) => {
    ValidateIf(isNeeded)(target, property);
    IsString()(target, property);
    IsNotEmpty({ message: `$property must be set where ${user} is` })(target, property);
  };
}

/**
 * Reads the certificates of a PEM file.
 * @throws Error for a file that cannot be read, or has none
 */
export function readCertificates(path: string): readonly string[] {
  const text = readFileSync(path, 'utf8');
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) throw new Error('The file has no certificates in PEM');
  return found.map((pem) => new X509Certificate(pem).toString());
}

/**
 * Read here and not by the client, which would take any of its options from the query of a URL.
 * @throws Error whose message does not repeat the URL, because it may hold a password
 */
export function readRedisUrl(url: string): RedisUrl {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const db = parsed === null ? null : /^\/?(\d{0,5})$/.exec(parsed.pathname);
  if (parsed === null || db === null || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw new Error('The Redis URL is not of the form redis://[user[:password]@]host[:port][/db]');
  }
  if (parsed.search !== '' || parsed.hash !== '') throw new Error('The Redis URL has a query or a fragment');
  const username = decode(parsed.username);
  const password = decode(parsed.password);
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || 6379),
    db: Number(db[1]),
    ...(password === '' ? {} : { password }),
    ...(password === '' || username === '' ? {} : { username }),
    isTls: parsed.protocol === 'rediss:',
  };
}

/**
 * Reads `host:port`; an IPv6 address stands in brackets.
 * @throws Error
 */
export function readRedisAddress(text: string): RedisAddress {
  const [, bracketed, plain, port = ''] = /^(?:\[([\da-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new Error('The address of a Redis server is not of the form host:port');
  }
  return { host, port: Number(port) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('The Redis URL has a user or password that is not percent-encoded');
  }
}
