import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Max,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { CacheSettings } from '@gateway/cache';
import { IsHost, IsListOf, IsOrigin, isOrigin } from '@gateway/settings';
import { ProviderSettings, RegionSettings, UpstreamSettings } from '@gateway/upstream';
import { AccessConfig } from './access-config.js';
import { PollsConfig, StreamsConfig, WaitsConfig } from './watch-config.js';

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
  /** That share the port. Each has caches, limits and connections to upstreams of its own. */
  @IsInt() @Min(1) @Max(256) readonly processes: number = 1;
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
  /** For which a gateway that is being stopped serves new requests, while `/readyz` says 503. */
  @Seconds(0, 3600) readonly drainSeconds: number = 5;
  /** In which a stop is over, the drain included, whatever callers do. */
  @Seconds(0.1, 3600) readonly shutdownSeconds: number = 30;
}

/** How long and where answers, and what they are asked by, are kept. */
export class CacheConfig extends CacheSettings {
  /** Characters of URLs that are kept parsed: about 45,000 short ones, which take some 30 MB. 0 parses each request's. */
  @IsInt() @Min(0) @Max(1_000_000_000) readonly parsedUrlCharacters: number = 2_000_000;
}

/** What one request, one caller, and all together may take. */
export class LimitsConfig {
  /** Of one caller, by this process; a batch counts as its tasks, a stream as one. 0: as many as come. */
  @IsNumber() @Min(0) @Max(100_000) readonly requestsPerSecond: number = 0;
  /** Requests that a caller has saved up at most, and may send at once. */
  @IsInt() @Min(1) @Max(1_000_000) readonly burst: number = 100;
  /** By which the event loop is late, time after time, when requests are refused; 0: however late it is. */
  @IsInt() @Min(0) @Max(60_000) readonly maxEventLoopDelayMs: number = 1_000;
  /** Bytes of the largest answer of a batch; what does not fit is a problem of its item. */
  @IsInt() @Min(262_144) @Max(268_435_456) readonly maxBatchBytes: number = 16_777_216;
}

/** The listener for operators: apart from the callers' one, and off where this section is missing. */
export class AdminConfig {
  @IsHost() readonly host: string = '127.0.0.1';
  @IsInt() @Min(0) @Max(65_535) readonly port: number = 3001;
  /** What operators send as `Authorization: Bearer`. */
  @IsString() @MinLength(32) readonly token: string;
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
  @IsObject() @ValidateNested() @Type(() => UpstreamSettings) readonly upstream: UpstreamSettings =
    new UpstreamSettings();
  @IsObject() @ValidateNested() @Type(() => LimitsConfig) readonly limits: LimitsConfig = new LimitsConfig();
  @IsObject() @ValidateNested() @Type(() => WaitsConfig) readonly waits: WaitsConfig = new WaitsConfig();
  @IsObject() @ValidateNested() @Type(() => StreamsConfig) readonly streams: StreamsConfig = new StreamsConfig();
  @IsObject() @ValidateNested() @Type(() => PollsConfig) readonly polls: PollsConfig = new PollsConfig();
}
