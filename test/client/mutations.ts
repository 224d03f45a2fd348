/* oxlint-disable typescript/no-explicit-any, typescript/no-dynamic-delete -- documents are taken apart here */
type Document = any;
export type Mutation = (document: Document) => void;

const schema = (document: Document, name: string) => document.components.schemas[name];
const getTask = (document: Document) => document.paths['/tasks/{provider}/{id}'].get;
const parameter = (document: Document, name: string) =>
  getTask(document).parameters.find((candidate: { readonly name: string }) => candidate.name === name);

/** Each breaks some client, and is told so; one does not undo another. */
export const BREAKING: Readonly<Record<string, Mutation>> = {
  'Path `/docs` was removed.': (d) => {
    delete d.paths['/docs'];
  },
  'Operation `HEAD /tasks/{provider}/{id}` was removed.': (d) => {
    delete d.paths['/tasks/{provider}/{id}'].head;
  },
  'Response `304` was removed.': (d) => {
    delete getTask(d).responses[304];
  },
  "`operationId` of operation `GET /tasks/{provider}/{id}` changed from 'getTask' to 'readTask'.": (d) => {
    getTask(d).operationId = 'readTask';
  },
  'Property `region` of `scope` was removed.': (d) => {
    delete schema(d, 'TaskScope').properties.region;
    schema(d, 'TaskScope').required = ['projectId', 'instanceId'];
  },
  'Properties of `Problem` are no longer required: `code`.': (d) => {
    schema(d, 'Problem').required = schema(d, 'Problem').required.filter((x: string) => x !== 'code');
  },
  "Type of `id` widened from 'string' to 'string | null'.": (d) => {
    schema(d, 'TaskResource').properties.id.type = ['string', 'null'];
  },
  "Type of `problem` widened from 'object' to 'any'.": (d) => {
    const { properties } = schema(d, 'BatchProblem');
    properties.problem = { anyOf: [properties.problem, { type: 'null' }] };
  },
  "Type of `failed` widened from 'integer' to 'string'.": (d) => {
    schema(d, 'TaskCounts').properties.failed.type = 'string';
  },
  "Enum of `source` gained values: 'guess'.": (d) => {
    schema(d, 'TaskSource').enum.push('guess');
  },
  '#/components/schemas/TaskOutcome: success is gone': (d) => {
    schema(d, 'TaskOutcome').enum.shift();
  },
  'Enum of `breaker` was removed.': (d) => {
    d.components.schemas.BreakerState = { anyOf: [schema(d, 'BreakerState'), { type: 'string' }] };
  },
  '#/components/schemas/KnownProblemCode: VALIDATION_FAILED is gone': (d) => {
    schema(d, 'KnownProblemCode').enum.shift();
  },
  '`anyOf` of `code` was removed.': (d) => {
    schema(d, 'Problem').properties.code = { $ref: '#/components/schemas/KnownProblemCode' };
  },
  "Enum of `status` gained values: 'ok'.": (d) => {
    schema(d, 'Liveness').properties.status.enum = ['ok'];
  },
  'Properties of `BatchGetRequest` became required: `view`.': (d) => {
    schema(d, 'BatchGetRequest').required.push('view');
  },
  '`region` query parameter became required.': (d) => {
    parameter(d, 'region').required = true;
  },
  '`projectId` query parameter was removed.': (d) => {
    getTask(d).parameters = getTask(d).parameters.filter((p: any) => p.name !== 'projectId');
  },
  "Enum of `view` lost values: 'basic'.": (d) => {
    schema(d, 'BatchGetRequest').properties.view.enum = ['full'];
  },
  "Enum lost values: 'basic'.": (d) => {
    parameter(d, 'view').schema.enum = ['full'];
  },
  "`maxItems` of `tasks` changed from '100' to '50'.": (d) => {
    schema(d, 'BatchGetRequest').properties.tasks.maxItems = 50;
  },
  "`maxLength` of `id` changed from '512' to '10'.": (d) => {
    schema(d, 'TaskReference').properties.id.maxLength = 10;
  },
  "`pattern` of `id` was set to '^x$'.": (d) => {
    schema(d, 'TaskReference').properties.id.pattern = '^x$';
  },
  "Type of `region` narrowed from 'string' to 'integer'.": (d) => {
    schema(d, 'TaskReference').properties.region.type = 'integer';
  },
  'Property `instanceId` of `TaskReference` was removed.': (d) => {
    delete schema(d, 'TaskReference').properties.instanceId;
  },
  'get /tasks/{provider}/{id}: no longer open to who has bearer': (d) => {
    getTask(d).security = getTask(d).security.filter((s: object) => !('bearer' in s) || 'cloudToken' in s);
  },
  'get /tasks/{provider}/{id}: no longer open to who has nothing': (d) => {
    getTask(d).security = getTask(d).security.filter((s: object) => Object.keys(s).length > 0);
  },
  "`name` of security scheme `apiKey` changed from 'X-API-Key' to 'X-Key'.": (d) => {
    d.components.securitySchemes.apiKey.name = 'X-Key';
  },
  'Response header `Retry-After` was removed.': (d) => {
    delete getTask(d).responses[200].headers['Retry-After'];
  },
  'get /tasks/{provider}/{id} 200: ETag may be missing': (d) => {
    d.components.headers.ETag.required = false;
  },
  'Media type `application/json` was removed.': (d) => {
    const c = d.paths['/providers'].get.responses[200].content;
    c['text/json'] = c['application/json'];
    delete c['application/json'];
  },
  '`oneOf` subschema of `BatchItem` was added.': (d) => {
    d.components.schemas.BatchDelay = schema(d, 'BatchProblem');
    schema(d, 'BatchItem').oneOf.push({ $ref: '#/components/schemas/BatchDelay' });
  },
  'Server `` became `/v2`.': (d) => {
    d.servers[0].url = '/v2';
  },
  '`If-None-Match` header parameter is now a query parameter.': (d) => {
    parameter(d, 'If-None-Match').in = 'query';
  },
  '#/components/schemas/BatchItem: task no longer tells which variant it is': (d) => {
    delete schema(d, 'BatchItem').discriminator.mapping.task;
  },
  '#/components/schemas/TaskCounts: the name of a generated type is gone': (d) => {
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
