import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { PROVIDERS } from '@gateway/providers';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import type { Connect, Schema, Validators } from './generated-clients/expected.js';
import {
  batchesOf,
  laterSamples,
  MALFORMED,
  samplesOf,
  UNDOCUMENTED,
  withMalformedResults,
} from './validator-samples.js';
import type { Samples, Task } from './validator-samples.js';

const run = promisify(execFile);
const BIN = resolve('node_modules/.bin');
/** Below node_modules, where the generated code finds the runtimes that it imports. */
const FOLDER = resolve('node_modules/.cache/generated-clients');

/** Independent generators, each with the arguments that a reader of its manual would choose. */
const GENERATORS: Readonly<Record<string, string>> = {
  'hey-api':
    'openapi-ts --silent -i openapi.json -o hey-api -p @hey-api/typescript @hey-api/sdk @hey-api/client-fetch zod',
  'openapi-typescript': 'openapi-typescript openapi.json -o openapi-typescript/schema.ts',
  oazapfts: 'oazapfts openapi.json oazapfts/client.ts',
  redocly: 'redocly generate-client openapi.json -o redocly/client.ts',
  orval: 'orval --config orval.config.mjs',
  kubb: 'kubb generate --config kubb.config.mjs',
  'swagger-typescript-api': 'swagger-typescript-api generate -p openapi.json -o swagger-typescript-api -n client.ts',
  'rtk-query': 'rtk-query-codegen-openapi rtk-query.config.json',
  'ng-openapi-gen': 'ng-openapi-gen --input openapi.json --output ng-openapi-gen',
};
const names = Object.keys(GENERATORS);

const IMPORTED = 'd9ce8c9eede54b3f841ec324fe0bfdc2';
const FAILED = 'f01d2772ea4944408fa544c8ae5a9999';
const MISSING = '00000000000000000000000000000000';

let gateway: Gateway;
let complaints: readonly string[];
beforeAll(async () => {
  await rm(FOLDER, { recursive: true, force: true });
  await cp('test/client/generated-clients', FOLDER, { recursive: true });
  await cp('apps/gateway/openapi.json', join(FOLDER, 'openapi.json'));
  const generated = Object.entries(GENERATORS).map(async ([name, command]) => {
    const [tool = '', ...rest] = command.split(' ');
    await mkdir(join(FOLDER, name));
    await run(join(BIN, tool), rest, { cwd: FOLDER });
  });
  [gateway] = await Promise.all([startGateway(), ...generated]);
  const bundles = build({
    entryPoints: [...names, 'validators'].map((name) => join(FOLDER, `${name}.ts`)),
    outdir: join(FOLDER, 'built'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    // Its own tsconfig does not count for esbuild below node_modules.
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
  });
  complaints = await Promise.all(['tsconfig.json', 'tsconfig.inexact.json'].map(complaintsOf));
  await bundles;
}, 300_000);
afterAll(() => gateway.close());

function complaintsOf(config: string): Promise<string> {
  return run(join(BIN, 'tsc'), ['-p', config], { cwd: FOLDER }).then(
    () => '',
    ({ stdout, message }: Error & { readonly stdout: string }) => stdout || message,
  );
}

async function built<T>(name: string): Promise<T> {
  const module = (await import(join(FOLDER, 'built', `${name}.mjs`))) as { readonly default: T };
  return module.default;
}

it('the generated code: type-checks strictly, without an edit', () => {
  expect(complaints.join('')).toBe('');
});

describe.each(['in a page, at the URL of the document', 'at a configured URL'])('a generated client %s', (where) => {
  const { fetch, Request } = globalThis;
  beforeAll(() => {
    if (where === 'at a configured URL') return;
    // As in a page that the gateway would serve: relative URLs begin there.
    const absolute = <T>(input: T) => (typeof input === 'string' ? new URL(input, gateway.url) : input);
    globalThis.fetch = (input, init) => fetch(absolute(input), init);
    globalThis.Request = class extends Request {
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        super(absolute(input), init);
      }
    };
  });
  afterAll(() => void Object.assign(globalThis, { fetch, Request }));

  it.each(names)('%s: reads a task, a typed result, a failed task, a batch and a problem', async (name) => {
    const connect = await built<Connect>(name);
    const client = connect(where === 'at a configured URL' ? gateway.url : undefined);
    expect(await client.task('apig', IMPORTED)).toMatchObject({
      status: 'succeeded',
      result: { kind: 'apig.import', apigImport: { groupId: '9100ae30705947cc9543d37cd7fb388c' } },
    });
    expect(await client.task('apig', FAILED)).toMatchObject({ status: 'failed', error: { code: 'ALREADY_EXISTS' } });
    expect(await client.problem('apig', MISSING)).toMatchObject({ code: 'TASK_NOT_FOUND', retryable: false });
    const tasks = [IMPORTED, MISSING].map((id) => ({ provider: 'apig', id }));
    expect(await client.batch({ tasks })).toMatchObject([
      { kind: 'task', status: 200, task: { status: 'succeeded' } },
      { kind: 'problem', status: 404, problem: { code: 'TASK_NOT_FOUND' } },
    ]);
  });
});

describe('a generated client that reads events', () => {
  it.each(['hey-api', 'redocly'])('%s: gets each event of a stream, to its end', async (name) => {
    const { events } = (await built<Connect>(name))(gateway.url);
    expect(await events?.('apig', IMPORTED)).toMatchObject([
      { kind: 'task', ref: { provider: 'apig', id: IMPORTED }, task: { status: 'succeeded', view: 'basic' } },
      { kind: 'end', reason: 'done' },
    ]);
  });
});

describe('generated validators', () => {
  let samples: Samples;
  beforeAll(async () => {
    samples = await samplesOf(gateway);
  });

  it('the samples for validators: hold results of every kind, and types that nobody documents', () => {
    const kinds = new Set(samples.tasks.map(({ result }) => result?.kind));
    const documented = PROVIDERS.flatMap(({ results = [] }) => results.map(({ kind }) => kind));
    expect([...kinds]).toEqual(expect.arrayContaining([...documented, 'untyped']));
    expect(samples.tasks.filter(({ type, result }) => type === UNDOCUMENTED && result !== null)).not.toEqual([]);
    expect(withMalformedResults(samples).length).toBeGreaterThan(100);
  });

  describe.each(['hey-api', 'kubb', 'orval'])('the validators that %s generates', (name) => {
    let accepts: Record<keyof Validators, (body: unknown) => boolean>;
    beforeAll(async () => {
      const { task, problem, batch } = (await built<Record<string, Validators>>('validators'))[name] as Validators;
      const accepting = (schema: Schema) => (body: unknown) => schema.safeParse(body).success;
      accepts = { task: accepting(task), problem: accepting(problem), batch: accepting(batch) };
    });

    it.each<[string, (samples: Samples) => Samples]>([
      ['replies about every fixture', (samples) => samples],
      ['members, providers, kinds of results and codes of a later release', laterSamples],
    ])('%s: are accepted', (_, sent) => {
      const { tasks, problems } = sent(samples);
      expect(tasks.filter((task) => !accepts.task(task))).toEqual([]);
      expect(problems.filter((problem) => !accepts.problem(problem))).toEqual([]);
      expect(batchesOf({ tasks, problems }).filter((batch) => !accepts.batch(batch))).toEqual([]);
    });

    it('known results of which a member is missing or of another type: are refused', () => {
      expect(withMalformedResults(samples).filter(accepts.task)).toEqual([]);
    });

    it.each(Object.entries(MALFORMED))('a task with %s: is refused', (_, members) => {
      const [task] = samples.tasks;
      expect(accepts.task({ ...task, ...members })).toBe(false);
      expect(accepts.batch(batchesOf({ tasks: [{ ...task, ...members } as Task], problems: [] })[0])).toBe(false);
    });
  });
});
