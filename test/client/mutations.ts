/* oxlint-disable typescript/no-explicit-any, typescript/no-dynamic-delete -- documents are taken apart here */
type Document = any;
export type Mutation = (document: Document) => void;

const schema = (document: Document, name: string) => document.components.schemas[name];
const getTask = (document: Document) => document.paths['/tasks/{provider}/{id}'].get;
const parameter = (document: Document, name: string) =>
  getTask(document).parameters.find((candidate: { readonly name: string }) => candidate.name === name);

/** Each breaks some client. */
export const BREAKING: Readonly<Record<string, Mutation>> = {
  'path removed': (d) => {
    delete d.paths['/livez'];
  },
  'operation removed': (d) => {
    delete d.paths['/tasks/{provider}/{id}'].head;
  },
  'status removed': (d) => {
    delete getTask(d).responses[304];
  },
  operationId: (d) => {
    getTask(d).operationId = 'readTask';
  },
  'response member removed': (d) => {
    delete schema(d, 'TaskScope').properties.region;
    schema(d, 'TaskScope').required = ['projectId', 'instanceId'];
  },
  'response member optional': (d) => {
    schema(d, 'Problem').required = schema(d, 'Problem').required.filter((x: string) => x !== 'code');
  },
  'response member nullable': (d) => {
    schema(d, 'TaskResource').properties.id.type = ['string', 'null'];
  },
  'response member null by anyOf': (d) => {
    schema(d, 'BatchTask').properties.task = { anyOf: [schema(d, 'BatchTask').properties.task, { type: 'null' }] };
  },
  'response type changed': (d) => {
    schema(d, 'TaskCounts').properties.failed.type = 'string';
  },
  'response enum widened': (d) => {
    schema(d, 'TaskSource').enum.push('guess');
  },
  'response enum narrowed': (d) => {
    schema(d, 'TaskSource').enum.shift();
  },
  'response enum opened': (d) => {
    const source = schema(d, 'TaskSource');
    d.components.schemas.TaskSource = { anyOf: [source, { type: 'string' }] };
  },
  'known problem code removed': (d) => {
    schema(d, 'KnownProblemCode').enum.shift();
  },
  'problem code closed': (d) => {
    schema(d, 'Problem').properties.code = { $ref: '#/components/schemas/KnownProblemCode' };
  },
  'response word changed': (d) => {
    schema(d, 'Liveness').properties.status.enum = ['ok'];
  },
  'new required request member': (d) => {
    schema(d, 'BatchGetRequest').required.push('view');
  },
  'new required param': (d) => {
    parameter(d, 'region').required = true;
  },
  'param removed': (d) => {
    getTask(d).parameters = getTask(d).parameters.filter((p: any) => p.name !== 'view');
  },
  'request enum narrowed': (d) => {
    schema(d, 'BatchGetRequest').properties.view.enum = ['full'];
  },
  'param enum narrowed': (d) => {
    parameter(d, 'view').schema.enum = ['full'];
  },
  'request maxItems narrowed': (d) => {
    schema(d, 'BatchGetRequest').properties.tasks.maxItems = 50;
  },
  'request maxLength narrowed': (d) => {
    schema(d, 'TaskReference').properties.id.maxLength = 10;
  },
  'request pattern changed': (d) => {
    schema(d, 'TaskReference').properties.id.pattern = '^x$';
  },
  'request type narrowed': (d) => {
    schema(d, 'TaskReference').properties.region.type = 'integer';
  },
  'request member removed': (d) => {
    delete schema(d, 'TaskReference').properties.instanceId;
  },
  'security alternative removed': (d) => {
    getTask(d).security = getTask(d).security.filter((s: object) => !('bearer' in s) || 'cloudToken' in s);
  },
  'anonymous removed': (d) => {
    getTask(d).security = getTask(d).security.filter((s: object) => Object.keys(s).length > 0);
  },
  'security scheme changed': (d) => {
    d.components.securitySchemes.apiKey.name = 'X-Key';
  },
  'header removed': (d) => {
    delete getTask(d).responses[200].headers['Retry-After'];
  },
  'header optional': (d) => {
    d.components.headers.ETag.required = false;
  },
  'media type removed': (d) => {
    const c = d.paths['/providers'].get.responses[200].content;
    c['text/json'] = c['application/json'];
    delete c['application/json'];
  },
  'variant added to response oneOf': (d) => {
    d.components.schemas.BatchDelay = schema(d, 'BatchProblem');
    schema(d, 'BatchItem').oneOf.push({ $ref: '#/components/schemas/BatchDelay' });
  },
  'server changed': (d) => {
    d.servers[0].url = '/v2';
  },
  'param renamed in place': (d) => {
    parameter(d, 'If-None-Match').in = 'query';
  },
  'discriminator mapping': (d) => {
    delete schema(d, 'BatchItem').discriminator.mapping.task;
  },
  'schema renamed': (d) => {
    d.components = JSON.parse(JSON.stringify(d.components).replaceAll('TaskCounts', 'Counts'));
    d.paths = JSON.parse(JSON.stringify(d.paths).replaceAll('TaskCounts', 'Counts'));
  },
};

/** None breaks a client. */
export const COMPATIBLE: Readonly<Record<string, Mutation>> = {
  'path added': (d) => {
    d.paths['/new'] = structuredClone(d.paths['/livez']);
    d.paths['/new'].get.operationId = 'n';
  },
  'optional response member added': (d) => {
    schema(d, 'TaskScope').properties.zone = { type: 'string' };
  },
  'provider added': (d) => {
    d['x-provider-scopes'].new = 'region';
    schema(d, 'Task').properties.provider.examples.push('new');
  },
  'kind of result added': (d) => {
    d.components.schemas.NewResult = { type: 'object', required: ['a'], properties: { a: { type: 'string' } } };
    schema(d, 'TaskResult').properties.new = { $ref: '#/components/schemas/NewResult' };
    schema(d, 'TaskResult').properties.kind.examples.push('new');
  },
  'problem type added': (d) => {
    schema(d, 'KnownProblemCode').enum.push('NEW_PROBLEM');
    schema(d, 'KnownProblemSlug').enum.push('new-problem');
  },
  'required response member added': (d) => {
    schema(d, 'TaskScope').properties.zone = { type: 'string' };
    schema(d, 'TaskScope').required.push('zone');
  },
  'optional param added': (d) => {
    getTask(d).parameters.push({ name: 'lang', in: 'query', schema: { type: 'string', maxLength: 3 } });
  },
  'optional request member added': (d) => {
    schema(d, 'BatchGetRequest').properties.lang = { type: 'string', maxLength: 3 };
  },
  'request bound widened': (d) => {
    schema(d, 'BatchGetRequest').properties.tasks.maxItems = 200;
  },
  'security alternative added': (d) => {
    getTask(d).security.push({ cloudToken: [], x: [] });
  },
  description: (d) => {
    d.info.description = 'x';
  },
  'header added': (d) => {
    getTask(d).responses[200].headers['X-New'] = { schema: { type: 'string' } };
  },
  'response status added': (d) => {
    getTask(d).responses[409] = getTask(d).responses[404];
  },
};
