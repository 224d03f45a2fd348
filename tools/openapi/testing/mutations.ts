/* oxlint-disable typescript/no-explicit-any, typescript/no-dynamic-delete -- documents are taken apart here */
type Document = any;
export type Mutation = (document: Document) => void;

const schema = (document: Document, name: string) => document.components.schemas[name];
const getTask = (document: Document) => document.paths['/tasks/{provider}/{id}'].get;
const parameter = (document: Document, name: string) =>
  getTask(document).parameters.find((candidate: { readonly name: string }) => candidate.name === name);

/** Each breaks some client, in these words. */
export const BREAKING: Readonly<Record<string, Mutation>> = {
  'get /livez: the operation is gone': (d) => {
    delete d.paths['/livez'];
  },
  'head /tasks/{provider}/{id}: the operation is gone': (d) => {
    delete d.paths['/tasks/{provider}/{id}'].head;
  },
  'get /tasks/{provider}/{id} replies: 304 is gone': (d) => {
    delete getTask(d).responses[304];
  },
  'get /tasks/{provider}/{id}: operationId was getTask': (d) => {
    getTask(d).operationId = 'readTask';
  },
  '#/components/schemas/TaskScope: region may be missing': (d) => {
    delete schema(d, 'TaskScope').properties.region;
    schema(d, 'TaskScope').required = ['projectId', 'instanceId'];
  },
  '#/components/schemas/Problem: code may be missing': (d) => {
    schema(d, 'Problem').required = schema(d, 'Problem').required.filter((x: string) => x !== 'code');
  },
  '#/components/schemas/TaskResource/id: null is new, and nobody expects it': (d) => {
    schema(d, 'TaskResource').properties.id.type = ['string', 'null'];
  },
  '#/components/schemas/Task: was no choice, and is anyOf': (d) => {
    schema(d, 'BatchTask').properties.task = { anyOf: [schema(d, 'BatchTask').properties.task, { type: 'null' }] };
  },
  '#/components/schemas/TaskCounts/failed: string is new, and nobody expects it': (d) => {
    schema(d, 'TaskCounts').properties.failed.type = 'string';
  },
  '#/components/schemas/TaskCounts/failed: type was integer, and is undefined': (d) => {
    delete schema(d, 'TaskCounts').properties.failed.type;
  },
  '#/components/schemas/ProviderList: type was object, and is undefined': (d) => {
    delete d.paths['/providers'].get.responses[200].content['application/json'].schema;
  },
  '#/components/schemas/TaskSource: guess is new, and nobody expects it': (d) => {
    schema(d, 'TaskSource').enum.push('guess');
  },
  '#/components/schemas/TaskSource: live is gone': (d) => {
    schema(d, 'TaskSource').enum.shift();
  },
  '#/components/schemas/TaskSource: was no choice, and is anyOf': (d) => {
    const source = schema(d, 'TaskSource');
    d.components.schemas.TaskSource = { anyOf: [source, { type: 'string' }] };
  },
  '#/components/schemas/KnownProblemCode: VALIDATION_FAILED is gone': (d) => {
    schema(d, 'KnownProblemCode').enum.shift();
  },
  '#/components/schemas/Problem/code: was anyOf, and is no choice': (d) => {
    schema(d, 'Problem').properties.code = { $ref: '#/components/schemas/KnownProblemCode' };
  },
  '#/components/schemas/Liveness/status: alive is gone': (d) => {
    schema(d, 'Liveness').properties.status.enum = ['ok'];
  },
  '#/components/schemas/BatchGetRequest: view is required now': (d) => {
    schema(d, 'BatchGetRequest').required.push('view');
  },
  'get /tasks/{provider}/{id}: query region is required': (d) => {
    parameter(d, 'region').required = true;
  },
  'get /tasks/{provider}/{id} parameters: query view is gone': (d) => {
    getTask(d).parameters = getTask(d).parameters.filter((p: any) => p.name !== 'view');
  },
  '#/components/schemas/BatchGetRequest/view: basic is gone': (d) => {
    schema(d, 'BatchGetRequest').properties.view.enum = ['full'];
  },
  'get /tasks/{provider}/{id} query view: basic is gone': (d) => {
    parameter(d, 'view').schema.enum = ['full'];
  },
  '#/components/schemas/BatchGetRequest/tasks: maxItems was 100, and is 50': (d) => {
    schema(d, 'BatchGetRequest').properties.tasks.maxItems = 50;
  },
  '#/components/schemas/TaskReference/id: maxLength was 512, and is 10': (d) => {
    schema(d, 'TaskReference').properties.id.maxLength = 10;
  },
  '#/components/schemas/TaskReference/id: pattern was undefined, and is "^x$"': (d) => {
    schema(d, 'TaskReference').properties.id.pattern = '^x$';
  },
  '#/components/schemas/TaskReference/region: string is gone': (d) => {
    schema(d, 'TaskReference').properties.region.type = 'integer';
  },
  '#/components/schemas/TaskReference: instanceId is gone': (d) => {
    delete schema(d, 'TaskReference').properties.instanceId;
  },
  'get /tasks/{provider}/{id} security: bearer is gone': (d) => {
    getTask(d).security = getTask(d).security.filter((s: object) => !('bearer' in s) || 'cloudToken' in s);
  },
  'get /tasks/{provider}/{id} security: nobody is gone': (d) => {
    getTask(d).security = getTask(d).security.filter((s: object) => Object.keys(s).length > 0);
  },
  '#/components/securitySchemes/apiKey: credentials are sent in another way': (d) => {
    d.components.securitySchemes.apiKey.name = 'X-Key';
  },
  'get /tasks/{provider}/{id} 200 headers: Retry-After is gone': (d) => {
    delete getTask(d).responses[200].headers['Retry-After'];
  },
  'get /tasks/{provider}/{id} 200: ETag may be missing': (d) => {
    d.components.headers.ETag.required = false;
  },
  'get /providers 200: application/json is gone': (d) => {
    const c = d.paths['/providers'].get.responses[200].content;
    c['text/json'] = c['application/json'];
    delete c['application/json'];
  },
  '#/components/schemas/BatchItem: oneOf had 2 variants, and has 3': (d) => {
    d.components.schemas.BatchDelay = schema(d, 'BatchProblem');
    schema(d, 'BatchItem').oneOf.push({ $ref: '#/components/schemas/BatchDelay' });
  },
  '#/servers: server "" is gone': (d) => {
    d.servers[0].url = '/v2';
  },
  'get /tasks/{provider}/{id} parameters: header If-None-Match is gone': (d) => {
    parameter(d, 'If-None-Match').in = 'query';
  },
  '#/components/schemas/BatchItem: task: #/components/schemas/BatchTask is gone': (d) => {
    delete schema(d, 'BatchItem').discriminator.mapping.task;
  },
  '#/components/schemas/TaskProgress/percent: maximum was 100, and is 200': (d) => {
    schema(d, 'TaskProgress').properties.percent.maximum = 200;
  },
  '#/components/schemas/Task/observedAt: format was "date-time", and is undefined': (d) => {
    delete schema(d, 'Task').properties.observedAt.format;
  },
  '#/components/schemas/Task/resources/items: was #/components/schemas/TaskResource, and is #/components/schemas/TaskCounts':
    (d) => {
      schema(d, 'Task').properties.resources.items = { $ref: '#/components/schemas/TaskCounts' };
    },
  'get /providers 200: text/json is new, and nobody expects it': (d) => {
    const { content } = d.paths['/providers'].get.responses[200];
    content['text/json'] = content['application/json'];
  },
  'get /tasks/{provider}/{id} 200 Age: minimum was 0, and is -1': (d) => {
    d.components.headers.Age.schema.minimum = -1;
  },
  'get /tasks/{provider}/{id}: query region is sent in another way': (d) => {
    parameter(d, 'region').style = 'spaceDelimited';
  },
  '#/components/schemas: TaskCounts is gone': (d) => {
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
  'request member of any type': (d) => {
    delete schema(d, 'TaskReference').properties.region.type;
  },
  'operation, parameter and members deprecated': (d) => {
    getTask(d).deprecated = true;
    parameter(d, 'view').deprecated = true;
    schema(d, 'TaskReference').properties.region.deprecated = true;
    schema(d, 'Task').properties.updatedAt.deprecated = true;
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
