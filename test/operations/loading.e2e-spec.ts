import { afterEach, describe, expect, it } from '@jest/globals';
import { startGatewayProgram } from '../support/gateway-program.js';
import type { GatewayProgram } from '../support/gateway-program.js';

/** Runs in the program before it does, and prints which of the heavy libraries are loaded. */
const WATCH = `
import { registerHooks } from 'node:module';
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const [, name] = /node_modules\\/(@opentelemetry\\/[^/]+|prom-client)\\//.exec(found.url) ?? [];
    if (name !== undefined) process.stdout.write('loaded ' + name + '\\n');
    return found;
  },
});
`;
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(WATCH)}`;

let started: GatewayProgram | undefined;
afterEach(() => started?.kill());

async function loadedBy(env: Readonly<Record<string, string>>, config = {}): Promise<readonly string[]> {
  started = await startGatewayProgram({ env: { NODE_OPTIONS, ...env }, config });
  const names = [...started.program.out().matchAll(/loaded (\S+)/g)].map(([, name = '']) => name);
  return [...new Set(names)].toSorted();
}

const ADMIN = { admin: { port: 0, token: '${ADMIN_TOKEN}' } };

describe('libraries that not every gateway needs', () => {
  it('neither operators nor an endpoint for spans: none is loaded', async () => {
    expect(await loadedBy({})).toEqual([]);
  });

  it('operators: that for metrics, and what it needs itself', async () => {
    const env = { ADMIN_TOKEN: 'operator-token-of-32-characters-!' };
    expect(await loadedBy(env, ADMIN)).toEqual(['@opentelemetry/api', 'prom-client']);
  });

  it('endpoint for spans: the SDK', async () => {
    const loaded = await loadedBy({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
    expect(loaded).toEqual(expect.arrayContaining(['@opentelemetry/api', '@opentelemetry/sdk-trace']));
    expect(loaded).not.toContain('prom-client');
  });

  it('value that is not supported: the gateway does not start, and names the variable', async () => {
    const env = { OTEL_TRACES_EXPORTER: 'zipkin' };
    await expect(loadedBy(env)).rejects.toThrow('OTEL_TRACES_EXPORTER must be one of otlp, none');
  });
});
