import 'reflect-metadata';
import { isIPv4 } from 'node:net';
import { Type } from 'class-transformer';
import {
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { IsListOf, IsScopeName, rule } from '@gateway/settings';
import { PROJECT_PATTERN, SCOPE_PATTERN } from '@gateway/tasks';

/** The word `any`, or a list of at least one name. There is no default: nobody grants everything by forgetting. */
const IsGrantedNames = (pattern = SCOPE_PATTERN): PropertyDecorator =>
  rule(
    'isGrantedNames',
    (value) => isGrantedNames(value, pattern),
    '$property must be the word any, or a list of at least one name',
  );

/** An https URL without credentials, query or fragment; http only on loopback. */
const IsTrustedUrl = (): PropertyDecorator =>
  rule(
    'isTrustedUrl',
    (value) => typeof value === 'string' && isTrustedUrl(value),
    '$property must be an https URL without query (http only on loopback)',
  );

/** Whether keys fetched from there can be trusted. */
export function isTrustedUrl(text: string): boolean {
  if (/[\s?#]/.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** Whether only this machine reaches a host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}

function isGrantedNames(value: unknown, pattern: RegExp): boolean {
  if (value === 'any') return true;
  return (
    Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string' && pattern.test(name))
  );
}

export const ACCESS_MODES = ['open', 'passthrough', 'apiKey', 'jwt'] as const;
export type AccessMode = (typeof ACCESS_MODES)[number];

/** Asymmetric only: with a shared secret, whoever checks a token can forge one (RFC 8725). */
export const JWT_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

const ALGORITHMS: ReadonlySet<unknown> = new Set(JWT_ALGORITHMS);

/** Names, or the word `any`. */
export type GrantedNames = readonly string[] | 'any';

/** One caller that is known by its key, and what it may ask about. */
export class ApiKeySettings {
  @IsScopeName() readonly id: string;
  /** SHA-256 of the key in hex; keys are random, so a slow hash would add nothing. */
  @Matches(/^[0-9a-fA-F]{64}$/, { message: '$property must be the SHA-256 of the key: 64 hexadecimal digits' })
  readonly sha256: string;
  @IsGrantedNames() readonly regions: GrantedNames;
  @IsGrantedNames(PROJECT_PATTERN) readonly projects: GrantedNames;
  @IsGrantedNames() readonly instances: GrantedNames;
  @IsGrantedNames() readonly providers: GrantedNames;
}

const ClaimName = (): PropertyDecorator => (target, property) => {
  IsString()(target, property);
  IsNotEmpty({ message: '$property must name a claim, or be the word any' })(target, property);
};

/** Which claim holds what (a string or an array of strings), or the word `any`. A token without the claim is allowed nothing. */
export class ClaimSettings {
  /** Distinguishes callers besides the subject; a token without it is refused. */
  @IsOptional() @ClaimName() readonly tenant?: string;
  @ClaimName() readonly regions: string;
  @ClaimName() readonly projects: string;
  @ClaimName() readonly instances: string;
  @ClaimName() readonly providers: string;
}

/** Whose bearer tokens are believed (RFC 7519, OpenID Connect Discovery). */
export class JwtSettings {
  /** Exactly the `iss` of its tokens. */
  @IsTrustedUrl() readonly issuer: string;
  /** Found by OpenID Connect Discovery below the issuer where it is missing. */
  @IsOptional() @IsTrustedUrl() readonly jwksUrl?: string;
  @IsString() @IsNotEmpty() readonly audience: string;
  @IsArray()
  @ArrayMinSize(1)
  @IsListOf((item) => ALGORITHMS.has(item), `one of ${JWT_ALGORITHMS.join(', ')}`)
  readonly algorithms: readonly string[] = ['RS256'];
  @IsInt() @Min(0) @Max(60) readonly clockToleranceSeconds: number = 5;
  @IsObject() @ValidateNested() @Type(() => ClaimSettings) readonly claims: ClaimSettings;
}

/** Who may ask, and about what. */
export class AccessConfig {
  @IsIn(ACCESS_MODES) readonly mode: AccessMode = 'open';
  /** Everybody who reaches the gateway reads what its credentials can: required for `open` on a host that is not loopback. */
  @IsBoolean() readonly dangerouslyOpenToTheNetwork: boolean = false;
  /**
   * Where callers bring their own tokens: whoever's token is of a project may see what is stored of it, whatever its
   * roles. Saves one upstream request per caller and scope; without it the upstream itself has to have answered.
   */
  @IsBoolean() readonly tokenProvesProject: boolean = false;
  /**
   * Key of the hash that distinguishes callers, drawn at each start where it is missing; what lies in Redis is
   * authenticated with a key derived from it.
   */
  @IsOptional() @IsString() @MinLength(32) readonly principalSecret?: string;
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ValidateNested({ each: true })
  @Type(() => ApiKeySettings)
  readonly apiKeys?: readonly ApiKeySettings[];
  @IsOptional() @IsObject() @ValidateNested() @Type(() => JwtSettings) readonly jwt?: JwtSettings;
}
