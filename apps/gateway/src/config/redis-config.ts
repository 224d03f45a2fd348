import { Type } from 'class-transformer';
import type { TypeHelpOptions } from 'class-transformer';
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
import type { ClusterRedisSettings, SentinelRedisSettings, StandaloneRedisSettings } from '@gateway/redis';
import { AreRedisAddresses, IsCertificateFile, IsRedisUrl } from './redis-rules.js';

const KINDS = ['standalone', 'sentinel', 'cluster'] as const;
const HOST_NAME = /^(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** How servers prove who they are. */
export class RedisTlsConfig {
  @IsOptional() @IsCertificateFile() readonly caFile?: string;
  @IsOptional() @Matches(HOST_NAME, { message: '$property must be a host name' }) readonly serverName?: string;
}

/** One server. */
export class StandaloneRedisConfig implements StandaloneRedisSettings {
  @Kind() readonly kind = 'standalone' as const;
  @IsRedisUrl() readonly url: string;
  @KeyPrefix() readonly keyPrefix?: string;
  @IsOptional() @IsInt() @Min(10) @Max(10_000) readonly commandMs?: number;
  @Tls() readonly tls?: true | RedisTlsConfig;
}

/** A primary that Sentinels name. */
export class SentinelRedisConfig implements SentinelRedisSettings {
  @Kind() readonly kind = 'sentinel' as const;
  @AreRedisAddresses() readonly sentinels: readonly string[];
  @Matches(/^[\w.-]+$/, { message: '$property must be the name by which the Sentinels know the primary' })
  readonly master: string;
  @User() readonly username?: string;
  @Password('username') readonly password?: string;
  @User() readonly sentinelUsername?: string;
  @Password('sentinelUsername') readonly sentinelPassword?: string;
  @IsOptional() @IsInt() @Min(0) @Max(99_999) readonly db?: number;
  @KeyPrefix() readonly keyPrefix?: string;
  @IsOptional() @IsInt() @Min(10) @Max(10_000) readonly commandMs?: number;
  @Tls() readonly tls?: true | RedisTlsConfig;
}

/** All the primaries of a cluster. */
export class ClusterRedisConfig implements ClusterRedisSettings {
  @Kind() readonly kind = 'cluster' as const;
  @AreRedisAddresses() readonly nodes: readonly string[];
  @User() readonly username?: string;
  @Password('username') readonly password?: string;
  @KeyPrefix() readonly keyPrefix?: string;
  @IsOptional() @IsInt() @Min(10) @Max(10_000) readonly commandMs?: number;
  @Tls() readonly tls?: true | RedisTlsConfig;
}

/** Redis behind the in-process cache. */
export type RedisConfig = StandaloneRedisConfig | SentinelRedisConfig | ClusterRedisConfig;

/** The class of a section, by its `kind`; what has none that is known is told by the first. */
export function redisConfigOf(help: TypeHelpOptions | undefined): new () => RedisConfig {
  const { kind } = Object(help?.object[help.property]) as { readonly kind?: unknown };
  if (kind === 'sentinel') return SentinelRedisConfig;
  return kind === 'cluster' ? ClusterRedisConfig : StandaloneRedisConfig;
}

function Kind(): PropertyDecorator {
  return IsIn(KINDS);
}

function KeyPrefix(): PropertyDecorator {
  return (target, property) => {
    IsOptional()(target, property);
    Matches(/^[^{}\s]*$/, { message: '$property must have no braces or blanks' })(target, property);
  };
}

function Tls(): PropertyDecorator {
  const message = '$property must be true, or have a caFile or a serverName';
  return (target, property) => {
    ValidateIf((_, value: unknown) => value !== undefined && value !== true)(target, property);
    IsObject({ message })(target, property);
    ValidateNested({ message })(target, property);
    Type(() => RedisTlsConfig)(target, property);
  };
}

function User(): PropertyDecorator {
  return (target, property) => {
    IsOptional()(target, property);
    IsString()(target, property);
    IsNotEmpty()(target, property);
  };
}

/** A user needs one; alone it is that of the user `default`. */
function Password(user: 'username' | 'sentinelUsername'): PropertyDecorator {
  const isNeeded = (login: Partial<SentinelRedisConfig>, value: unknown): boolean =>
    value !== undefined || login[user] !== undefined;
  return (target, property) => {
    ValidateIf(isNeeded)(target, property);
    IsString()(target, property);
    IsNotEmpty({ message: `$property must be set where ${user} is` })(target, property);
  };
}
