import 'reflect-metadata';
import { Type } from 'class-transformer';
import { redisConfigOf } from './redis-config.js';
import type { RedisConfig } from './redis-config.js';
import {
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { DEFAULT_CACHE_SETTINGS } from '@gateway/cache';
import { DEFAULT_UPSTREAM_SETTINGS } from '@gateway/upstream';
import type { UpstreamSettings } from '@gateway/upstream';
import { AccessConfig } from './access-config.js';
import { SCOPE_PATTERN } from './scope-pattern.js';
import { AdminConfig } from './admin-config.js';
import { IsListOf } from './list-rules.js';
import { IsBaseUrl, IsEndpoint, IsHost, IsOrigin, isOrigin } from './url-rules.js';

const SCOPE_MESSAGE = { message: '$property must be 1 to 64 letters, digits, hyphens and underscores' };

const Whole =
  (minimum: number, maximum: number): PropertyDecorator =>
  (target, property) => {
    IsInt()(target, property);
    Min(minimum)(target, property);
    Max(maximum)(target, property);
  };
const Seconds =
  (minimum: number, maximum: number): PropertyDecorator =>
  (target, property) => {
    IsNumber()(target, property);
    Min(minimum)(target, property);
    Max(maximum)(target, property);
  };

/** Where the gateway listens, how it names itself, what it lets callers take, and how it stops. */
export class ServerConfig {
  @IsHost() readonly host: string = '127.0.0.1';
  @IsInt() @Min(0) @Max(65_535) readonly port: number = 3000;
  /** Origin that callers use, for the absolute URLs in problems; derived from host and port where it is missing. */
  @IsOptional() @IsOrigin() readonly publicUrl?: string;
  @IsListOf(isOrigin, 'an exact origin such as https://app.example.com, as browsers write it')
  readonly corsOrigins: readonly string[] = [];
  /** Also every page that this machine serves itself, whatever its port: for demos, on loopback only. */
  @IsBoolean() readonly corsLocalhost: boolean = false;
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'silent']) readonly logLevel: string = 'info';
  /** For the head of a request; a new connection has it for its first one. */
  @Seconds(0.1, 300) readonly headersSeconds: number = 10;
  /** For a whole request, its body included. */
  @Seconds(0.1, 300) readonly requestSeconds: number = 30;
  /** For which a connection is kept between two requests. */
  @Seconds(1, 3600) readonly idleSeconds: number = 75;
  /** In which a caller takes nothing of an answer that is being sent: then it is cut off. */
  @Seconds(0.1, 3600) readonly stallSeconds: number = 30;
  /** Connections at once; more are closed as they come. */
  @IsInt() @Min(1) @Max(1_000_000) readonly maxConnections: number = 16_384;
  /** For which a gateway that is told to stop serves new requests, while `/readyz` says 503. */
  @Seconds(0, 3600) readonly drainSeconds: number = 5;
  /** In which a stop is over, the drain included, whatever callers do. */
  @Seconds(0.1, 3600) readonly shutdownSeconds: number = 30;
}

/** Whose credentials a region's services are asked with. */
export class CredentialsSettings {
  @IsIn(['passthrough', 'password', 'aksk']) readonly mode: 'passthrough' | 'password' | 'aksk';
  @Needed('password') readonly domain?: string;
  @Needed('password') readonly user?: string;
  @Needed('password') readonly password?: string;
  @Needed('aksk') readonly accessKey?: string;
  @Needed('aksk') readonly secretKey?: string;
  @ValidateIf(({ mode, securityToken }: CredentialsSettings) => mode === 'aksk' && securityToken !== undefined)
  @IsString()
  @IsNotEmpty()
  readonly securityToken?: string;
}

/** Required in one mode. */
function Needed(mode: string): PropertyDecorator {
  return (target, property) => {
    ValidateIf((credentials: CredentialsSettings) => credentials.mode === mode)(target, property);
    IsString()(target, property);
    IsNotEmpty({ message: `$property must be set for mode ${mode}` })(target, property);
  };
}

/** One region of one cloud. */
export class RegionSettings {
  @Matches(SCOPE_PATTERN, SCOPE_MESSAGE) readonly name: string;
  @ValidateIf(({ iam, credentials }: RegionSettings) => iam !== undefined || credentials?.mode === 'password')
  @IsBaseUrl('the identity service')
  readonly iam?: string;
  /** Template with `{service}` for the host label of each service. */
  @IsEndpoint()
  readonly endpoint: string;
  @IsObject() @ValidateNested() @Type(() => CredentialsSettings) readonly credentials: CredentialsSettings;
}

/** An address that differs from its region's template. */
export class EndpointSettings {
  @Matches(SCOPE_PATTERN, SCOPE_MESSAGE) readonly region: string;
  @IsBaseUrl('the service') readonly url: string;
}

/** What a provider's requests may leave out, and where it differs from its region. */
export class ProviderSettings {
  @IsString() @IsNotEmpty() readonly id: string;
  @IsOptional() @Matches(SCOPE_PATTERN, SCOPE_MESSAGE) readonly region?: string;
  @IsOptional() @Matches(SCOPE_PATTERN, SCOPE_MESSAGE) readonly projectId?: string;
  @IsOptional() @Matches(SCOPE_PATTERN, SCOPE_MESSAGE) readonly instanceId?: string;
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => EndpointSettings)
  readonly endpoints: readonly EndpointSettings[] = [];
  /** Bytes of the largest body that is read. */
  @IsOptional() @IsInt() @Min(1024) @Max(67_108_864) readonly maxBodyBytes?: number;
}

/** How long and where answers are kept. */
export class CacheConfig {
  @Whole(0, 1_099_511_627_776) readonly memoryBytes: number = DEFAULT_CACHE_SETTINGS.memoryBytes;
  @Whole(1024, 1_073_741_824) readonly maxEntryBytes: number = DEFAULT_CACHE_SETTINGS.maxEntryBytes;
  @IsInt() @Min(1) @Max(2_592_000) readonly finalTtlSeconds: number = DEFAULT_CACHE_SETTINGS.maxTtlSeconds;
  /** Seconds for which an unfinished task is not asked about again, whoever polls it; 0 asks every time. */
  @IsNumber() @Min(0) @Max(60) readonly unfinishedTtlSeconds: number = 1.5;
  /** Seconds for which a 403 or 404 is remembered, for who got it; 0 asks every time. */
  @IsNumber() @Min(0) @Max(300) readonly negativeTtlSeconds: number = 5;
  /** Seconds for which a caller who could read a scope may go on to; the clouds themselves let revoked tokens live for 30 minutes. */
  @IsInt() @Min(1) @Max(1800) readonly proofTtlSeconds: number = 300;
  /** Seconds after that in which the last known unfinished state is shown while the upstream is down; 0 never shows it. */
  @IsInt() @Min(0) @Max(86_400) readonly staleSeconds: number = 60;
  @IsOptional() @IsObject() @ValidateNested() @Type(redisConfigOf) readonly redis?: RedisConfig;
}

const Ratio = (): PropertyDecorator => (target, property) => {
  IsNumber()(target, property);
  Min(0)(target, property);
  Max(1)(target, property);
};

/** Deadlines and limits towards upstreams, per provider and region; times in milliseconds. */
export class UpstreamLimits implements UpstreamSettings {
  @Whole(1, 60_000) readonly connectMs: number = DEFAULT_UPSTREAM_SETTINGS.connectMs;
  @Whole(1, 300_000) readonly attemptMs: number = DEFAULT_UPSTREAM_SETTINGS.attemptMs;
  @Whole(1, 300_000) readonly requestMs: number = DEFAULT_UPSTREAM_SETTINGS.requestMs;
  @Whole(0, 10) readonly retries: number = DEFAULT_UPSTREAM_SETTINGS.retries;
  @Whole(0, 60_000) readonly backoffBaseMs: number = DEFAULT_UPSTREAM_SETTINGS.backoffBaseMs;
  @Whole(0, 60_000) readonly backoffCapMs: number = DEFAULT_UPSTREAM_SETTINGS.backoffCapMs;
  @Ratio() readonly retryBudgetRatio: number = DEFAULT_UPSTREAM_SETTINGS.retryBudgetRatio;
  @Whole(0, 10_000) readonly retryBudgetMinimum: number = DEFAULT_UPSTREAM_SETTINGS.retryBudgetMinimum;
  @Whole(1, 3_600_000) readonly breakerWindowMs: number = DEFAULT_UPSTREAM_SETTINGS.breakerWindowMs;
  @Whole(1, 1_000_000) readonly breakerMinimumRequests: number = DEFAULT_UPSTREAM_SETTINGS.breakerMinimumRequests;
  @Ratio() readonly breakerFailureRatio: number = DEFAULT_UPSTREAM_SETTINGS.breakerFailureRatio;
  @Whole(1, 3_600_000) readonly breakerOpenMs: number = DEFAULT_UPSTREAM_SETTINGS.breakerOpenMs;
  @Whole(1, 3_600_000) readonly breakerMaxOpenMs: number = DEFAULT_UPSTREAM_SETTINGS.breakerMaxOpenMs;
  @Whole(1, 100) readonly breakerProbes: number = DEFAULT_UPSTREAM_SETTINGS.breakerProbes;
  @Whole(1, 10_000) readonly concurrency: number = DEFAULT_UPSTREAM_SETTINGS.concurrency;
  @Whole(0, 300_000) readonly queueMs: number = DEFAULT_UPSTREAM_SETTINGS.queueMs;
}

/** What one request may take. */
export class LimitsConfig {
  /** Bytes of the largest answer of a batch; what does not fit is a problem of its item. */
  @IsInt() @Min(262_144) @Max(268_435_456) readonly maxBatchBytes: number = 16_777_216;
}

/** The whole configuration, as `config/gateway.example.yaml` documents it. */
export class GatewayConfig {
  @IsObject() @ValidateNested() @Type(() => ServerConfig) readonly server: ServerConfig = new ServerConfig();
  @IsObject() @ValidateNested() @Type(() => AccessConfig) readonly access: AccessConfig = new AccessConfig();
  @IsArray()
  @ArrayMinSize(1, { message: 'regions must name at least one region: without an upstream there is nothing to ask' })
  @ValidateNested({ each: true })
  @Type(() => RegionSettings)
  readonly regions: readonly RegionSettings[] = [];
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ProviderSettings)
  readonly providers: readonly ProviderSettings[] = [];
  /** Off where it is missing. */
  @IsOptional() @IsObject() @ValidateNested() @Type(() => AdminConfig) readonly admin?: AdminConfig;
  @IsObject() @ValidateNested() @Type(() => CacheConfig) readonly cache: CacheConfig = new CacheConfig();
  @IsObject() @ValidateNested() @Type(() => UpstreamLimits) readonly upstream: UpstreamLimits = new UpstreamLimits();
  @IsObject() @ValidateNested() @Type(() => LimitsConfig) readonly limits: LimitsConfig = new LimitsConfig();
}
