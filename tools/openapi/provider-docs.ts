import { cloudsOf, hostLabel, resultOf, SCOPE_PATTERN, scopePatternOf, UNTYPED } from '@gateway/tasks';
import type { Cloud, Provider } from '@gateway/tasks';
import { COMMON_ERRORS, FRONT_ERRORS, IAM_ERRORS } from '@gateway/upstream';
import { exampleRequest } from '../../apps/gateway/src/catalog/example-request.js';
import { EXAMPLE } from '../../apps/gateway/src/tasks/batch.dto.js';
import { bullets, code, codes, table } from './markdown.js';
import { describeErrors } from './provider-docs.errors.js';
import { describeResult } from './provider-docs.results.js';

const INTRODUCTION = `# Providers

What each provider is asked, and what its words, results and lookup errors mean. \`npm run openapi\` writes this page from the
descriptions in \`libs/providers\`; \`GET /providers/{provider}\` says the same to programs, and how the provider is now.

- **Ids, projects and instances** match \`${SCOPE_PATTERN.source}\` where nothing else is said.
- **Status words** that a table does not hold are \`unknown\`, and never done.
- **Task types** that a table does not hold are read like the others. What tasks bring that has no kind of result of its own is of
  kind \`${UNTYPED}\`, in the members of the upstream.
- **Lookup errors** say why a lookup failed, never why a task did. The first row that matches wins; then come [those that all
  services share](#all), and then the HTTP status decides. The gateway asks again by itself never, once, after a pause
  (\`backoff\`), or with a new token of its own.`;

/** A page about all providers, for people. */
export function providerDocs(providers: readonly Provider[]): string {
  const sorted = providers.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  return [
    INTRODUCTION,
    bullets([
      ...sorted.map(({ id, title }) => `[${id}](#${id}): ${title}`),
      '[all](#all): lookup errors that services share',
    ]),
    ...sorted.map(describeProvider),
    "## all\n\nLookup errors that the services of Huawei's clouds share.",
    section('Of the front of a cloud', describeErrors(FRONT_ERRORS)),
    section('Of any service', describeErrors(COMMON_ERRORS)),
    section('Of the identity service', describeErrors(IAM_ERRORS)),
  ].join('\n\n');
}

function describeProvider(provider: Provider): string {
  const { id, title, statuses, errors, results = [] } = provider;
  return [
    `## ${id}`,
    `${title}: [documentation of the service](${provider.documentation}).`,
    describeRequest(provider),
    section('Status words', describeWords(statuses)),
    section('Task types', describeTypes(provider)),
    ...results.map((schema) => section(`Result ${code(schema.kind)}`, describeResult(schema))),
    section('Lookup errors', describeErrors(errors)),
  ].join('\n\n');
}

const section = (title: string, body: string) => `### ${title}\n\n${body}`;

function describeRequest(provider: Provider): string {
  const { path, scope, headers = {}, poll, limits, retentionSeconds, visibilitySeconds, doneTtlSeconds } = provider;
  const clouds = cloudsOf(provider).map((cloud) => `${cloud} (${code(hostLabel(provider, cloud) ?? '')})`);
  const patterns = [
    ['id', provider.idPattern] as const,
    ...scope.map((member) => [member, scopePatternOf(provider, member)] as const),
  ].filter(([, { source }]) => source !== SCOPE_PATTERN.source);
  const { remaining = '', reset = '' } = provider.rateLimit ?? {};
  return bullets([
    `Asked: ${code(`GET ${path}`)}`,
    `Clouds, with the host on each: ${clouds.join(', ')}`,
    Object.keys(headers).length === 0
      ? ''
      : `With the headers ${codes(Object.entries(headers).map(([name, value]) => `${name}: ${value}`))}`,
    `Found by: ${['region', ...scope, 'id'].join(', ')}`,
    ...patterns.map(([member, { source }]) => `${member} matches ${code(source)}`),
    `Example: ${code(`GET ${exampleRequest(provider, demoRegion(provider))}`)}`,
    `Callers are told to ask again after ${poll.minSeconds} to ${poll.maxSeconds} seconds`,
    retentionSeconds === null
      ? 'How long the service keeps tasks that have ended is not documented'
      : `The service keeps tasks that have ended for ${duration(retentionSeconds)}`,
    visibilitySeconds === 0 ? '' : `A new task may be invisible for ${duration(visibilitySeconds)}`,
    doneTtlSeconds === undefined
      ? ''
      : `A task that is done can live again: it is kept for ${duration(doneTtlSeconds)}`,
    provider.rateLimit === undefined ? '' : `Throttling shows in ${code(remaining)}, its end in ${code(reset)}`,
    provider.artifactTypes === undefined ? '' : `Files can be downloaded: ${codes(provider.artifactTypes)}`,
    provider.missingIs404 === true ? 'A 404 with a code that no row holds is a task that does not exist' : '',
    provider.echoesId === false ? 'Answers do not repeat the id that was asked for' : '',
    `Answers may have ${size(limits.bodyBytes)}`,
  ]);
}

/** Regions of the demo; those of other makers are called after their cloud. */
const REGIONS: Readonly<Partial<Record<Cloud, string>>> = {
  'open-telekom-cloud': EXAMPLE.region,
  'huawei-cloud': 'huawei-demo-1',
};

function demoRegion(provider: Provider): string {
  const [cloud = 'open-telekom-cloud'] = cloudsOf(provider);
  return REGIONS[cloud] ?? cloud;
}

function size(bytes: number): string {
  const mebibytes = bytes / 1024 ** 2;
  return mebibytes < 1 ? `${bytes / 1024} KiB` : `${mebibytes} MiB`;
}

const UNITS = [
  [86_400, 'days'],
  [3_600, 'hours'],
  [60, 'minutes'],
  [1, 'seconds'],
] as const;

/** In the largest unit of which there are two or more. */
function duration(seconds: number): string {
  const [unit, name] = UNITS.find(([size]) => seconds >= 2 * size && seconds % size === 0) ?? [1, 'seconds'];
  return `${seconds / unit} ${name}`;
}

function describeWords(statuses: Provider['statuses']): string {
  return table(
    ['word', 'status'],
    Object.entries(statuses).map(([word, status]) => [code(word), code(status)]),
  );
}

function describeTypes({ taskTypes, results = [] }: Provider): string {
  const known = Object.entries(taskTypes);
  if (known.length === 0) return 'None is documented.';
  const kindOf = (type: string) => resultOf(results, type)?.kind ?? UNTYPED;
  const head = ['type', 'what the task does', ...(results.length === 0 ? [] : ['result'])];
  return table(
    head,
    known.map(([type, { title }]) => [code(type), title, code(kindOf(type))].slice(0, head.length)),
  );
}
