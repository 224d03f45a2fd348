import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/**
 * Copies the tasks of some fixtures to where the OpenAPI document takes its examples from: the gateway itself loads no
 * fixtures. One for each state and outcome of a provider. With `--check` it fails when the copy is not up to date.
 */
const FILE = 'apps/gateway/src/openapi/fixture-examples.ts';
const PROVIDERS = 'libs/providers/src';
/** An exported API document would bury the rest; characters. */
const LONGEST = 3_500;

const examples = readdirSync(PROVIDERS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'testing')
  .flatMap(({ name: provider }) => {
    const folder = `${PROVIDERS}/${provider}/fixtures`;
    const seen = new Set();
    return readdirSync(folder)
      .sort()
      .flatMap((file) => {
        const { title, task, artifact } = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
        const kind = `${task?.status} ${task?.outcome}`;
        if (task === undefined || seen.has(kind) || JSON.stringify(task).length > LONGEST) return [];
        seen.add(kind);
        const name = `${provider}-${file.replace(/^\d+-|\.json$/g, '')}`;
        return [{ name, title, provider, hasArtifact: artifact !== undefined, task }];
      });
  });
const text = `import type { TaskFacts } from '@gateway/tasks';

/** Written by \`npm run openapi\` from the fixtures of the providers. */
export const FIXTURE_EXAMPLES: readonly {
  readonly name: string;
  readonly title: string;
  readonly provider: string;
  readonly hasArtifact: boolean;
  readonly task: TaskFacts;
}[] = ${JSON.stringify(examples, null, 2)};
`;

if (!process.argv.includes('--check')) writeFileSync(FILE, text);
else if (readFileSync(FILE, 'utf8') !== text) {
  process.stderr.write(`${FILE} is not what the fixtures say: run npm run openapi\n`);
  process.exitCode = 1;
}
