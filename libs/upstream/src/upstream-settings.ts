import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
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
import { CLOUDS } from '@gateway/tasks';
import type { Cloud } from '@gateway/tasks';
import { IsBaseUrl, IsEndpoint, IsProjectName, IsScopeName, TaggedBy } from '@gateway/settings';

/** How one provider in one region is asked. Times in milliseconds. */
export class UpstreamSettings {
  /** TCP and TLS handshake. */
  @IsInt() @Min(1) @Max(60_000) readonly connectMs: number = 1_000;
  /** One attempt, from the first byte sent to the last byte read. */
  @IsInt() @Min(1) @Max(300_000) readonly attemptMs: number = 4_000;
  /** Everything together: queue, login, attempts, pauses and bodies. */
  @IsInt() @Min(1) @Max(300_000) readonly requestMs: number = 9_000;
  /** Attempts after the first. */
  @IsInt() @Min(0) @Max(10) readonly retries: number = 2;
  @IsInt() @Min(0) @Max(60_000) readonly backoffBaseMs: number = 100;
  @IsInt() @Min(0) @Max(60_000) readonly backoffCapMs: number = 1_000;
  /** Share of requests that may be retried. */
  @IsNumber() @Min(0) @Max(1) readonly retryBudgetRatio: number = 0.2;
  /** Retries that are always in the budget. */
  @IsInt() @Min(0) @Max(10_000) readonly retryBudgetMinimum: number = 3;
  @IsInt() @Min(1) @Max(3_600_000) readonly breakerWindowMs: number = 30_000;
  /** Different tasks in the window before the breaker judges. */
  @IsInt() @Min(1) @Max(1_000_000) readonly breakerMinimumRequests: number = 20;
  /** Share of failing tasks from which on requests are held back, the more the more fail. */
  @IsNumber() @Min(0) @Max(1) readonly breakerFailureRatio: number = 0.5;
  /** The pause where nearly all tasks fail. */
  @IsInt() @Min(1) @Max(3_600_000) readonly breakerOpenMs: number = 5_000;
  /** The open time doubles up to this. */
  @IsInt() @Min(1) @Max(3_600_000) readonly breakerMaxOpenMs: number = 60_000;
  /** Probes after a pause; one that is answered closes the breaker. */
  @IsInt() @Min(1) @Max(100) readonly breakerProbes: number = 3;
  /** Attempts under way at once. */
  @IsInt() @Min(1) @Max(10_000) readonly concurrency: number = 64;
  /** Longest wait for a place. */
  @IsInt() @Min(0) @Max(300_000) readonly queueMs: number = 2_000;
}

const CREDENTIAL_MODES = ['passthrough', 'password', 'aksk', 'token'] as const;

/** The caller's own `X-Auth-Token` goes upstream. */
export class PassthroughSettings {
  @IsIn(CREDENTIAL_MODES) readonly mode: 'passthrough';
}

/** The gateway logs in at IAM with a user of a domain, scoped to the project that is asked about. */
export class PasswordSettings {
  @IsIn(CREDENTIAL_MODES) readonly mode: 'password';
  @IsRequired() readonly domain: string;
  @IsRequired() readonly user: string;
  @IsRequired() readonly password: string;
}

/** Requests are signed with an access key (SDK-HMAC-SHA256); temporary keys come with a security token. */
export class AccessKeySettings {
  @IsIn(CREDENTIAL_MODES) readonly mode: 'aksk';
  @IsRequired() readonly accessKey: string;
  @IsRequired() readonly secretKey: string;
  @IsOptional() @IsRequired() readonly securityToken?: string;
}

/** A token that was made at the cloud, for clouds without an identity service to log in at. */
export class TokenSettings {
  @IsIn(CREDENTIAL_MODES) readonly mode: 'token';
  @Matches(/^[\x21-\x7e]+$/, { message: '$property must be one word of visible ASCII characters' })
  @IsRequired()
  readonly token: string;
}

/** Whose credentials a region's services are asked with. */
export type CredentialsSettings = PassthroughSettings | PasswordSettings | AccessKeySettings | TokenSettings;

function IsRequired(): PropertyDecorator {
  return (target, property) => {
    IsString()(target, property);
    IsNotEmpty({ message: '$property must be set in this mode' })(target, property);
  };
}

/** One region of one cloud. */
export class RegionSettings {
  @IsScopeName() readonly name: string;
  /** Decides which providers are asked there, and what their hosts are called. */
  @IsOptional() @IsIn(CLOUDS) readonly cloud?: Cloud;
  /** Whether requests that name no region are for this one, where their provider is there and has no default of its own. */
  @IsOptional() @IsBoolean() readonly default?: boolean;
  /** Project of requests that name none, for providers without a default of their own. */
  @IsOptional() @IsProjectName() readonly projectId?: string;
  /** Base URL of the identity service; `password` needs it, `passthrough` finds out there which project a token is of. */
  @ValidateIf(({ iam, credentials }: RegionSettings) => iam !== undefined || credentials?.mode === 'password')
  @IsBaseUrl('the identity service')
  readonly iam?: string;
  /** Base URL of the services, with `{service}` for the host label: `https://{service}.eu-de.example.com`. */
  @IsEndpoint() readonly endpoint: string;
  @IsObject()
  @ValidateNested()
  @TaggedBy('mode', {
    passthrough: PassthroughSettings,
    password: PasswordSettings,
    aksk: AccessKeySettings,
    token: TokenSettings,
  })
  readonly credentials: CredentialsSettings;
}

/** The cloud of a region. */
export function cloudOf({ cloud = 'open-telekom-cloud' }: Pick<RegionSettings, 'cloud'>): Cloud {
  return cloud;
}

/** An address that differs from its region's template. */
export class EndpointSettings {
  @IsScopeName() readonly region: string;
  @IsBaseUrl('the service') readonly url: string;
}

/** What a provider's requests may leave out, and where it differs from its region. */
export class ProviderSettings {
  @IsString() @IsNotEmpty() readonly id: string;
  @IsOptional() @IsScopeName() readonly region?: string;
  @IsOptional() @IsProjectName() readonly projectId?: string;
  @IsOptional() @IsScopeName() readonly instanceId?: string;
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => EndpointSettings)
  readonly endpoints: readonly EndpointSettings[] = [];
  /** Bytes of the largest body that is read, where it is not the provider's own limit. */
  @IsOptional() @IsInt() @Min(1024) @Max(67_108_864) readonly maxBodyBytes?: number;
}

/** What of the configuration concerns upstreams. */
export interface UpstreamConfig {
  readonly regions: readonly RegionSettings[];
  readonly providers: readonly ProviderSettings[];
  readonly upstream: UpstreamSettings;
}
