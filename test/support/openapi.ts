import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import type { Reply } from './http-client.js';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
}
interface DocumentedReply {
  readonly headers?: Readonly<Record<string, { readonly schema: Schema }>>;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}
interface Operation {
  readonly responses: Readonly<Record<string, DocumentedReply>>;
}
export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** The committed document, which is what clients are generated from. */
export const OPENAPI_TEXT = readFileSync('apps/gateway/openapi.json', 'utf8');
export const OPENAPI = JSON.parse(OPENAPI_TEXT) as OpenApiDocument;

/** Carried by every reply, whatever it is. */
const ALWAYS = ['x-request-id', 'traceparent'];
/** Where one of these is sent, it has to be documented for that reply. */
const TELLING = ['etag', 'age', 'cache-status', 'retry-after', 'www-authenticate', 'content-disposition', 'allow'];

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(OPENAPI, 'openapi.json');
const validators = new Map<string, ValidateFunction>();

/**
 * What contradicts the committed document in a reply; empty where nothing does. A request that no documented operation
 * is meant by can only be answered with a problem.
 */
export function contradictions(method: string, path: string, reply: Reply): readonly string[] {
  const missing = ALWAYS.filter((name) => reply.headers[name] === undefined).map((name) => `${name} is missing`);
  const operation = operationOf(method, path);
  if (operation === undefined) return [...missing, ...undocumentedRequest(method, reply)];
  const documented = operation.responses[reply.status];
  if (documented === undefined) return [...missing, `status ${reply.status} is not documented`];
  const hasBody = method !== 'HEAD' && reply.status !== 304;
  const body = hasBody ? bodyOf(documented, reply) : reply.text === '' ? [] : ['a body where none can be'];
  return [...missing, ...headersOf(documented, reply), ...body];
}

function undocumentedRequest(method: string, { status, headers, body }: Reply): readonly string[] {
  if (status < 400 || headers['content-type'] !== 'application/problem+json')
    return [`${status} ${headers['content-type']} for a request that is not documented`];
  return method === 'HEAD' ? [] : violations('#/components/schemas/Problem', body);
}

function operationOf(method: string, path: string): Operation | undefined {
  const segments = (path.split('?', 1)[0] ?? '').split('/');
  const fitting = Object.keys(OPENAPI.paths)
    .filter((template) => {
      const parts = template.split('/');
      return (
        parts.length === segments.length && parts.every((part, at) => part === segments[at] || fits(part, segments[at]))
      );
    })
    // A literal path comes before one with a placeholder.
    .toSorted((one, other) => one.split('{').length - other.split('{').length);
  const name = method === 'HEAD' ? 'get' : method.toLowerCase();
  return fitting.map((template) => OPENAPI.paths[template]?.[name]).find((operation) => operation !== undefined);
}

function fits(part: string, segment: string | undefined): boolean {
  return part.startsWith('{') && segment !== undefined && segment !== '';
}

function headersOf({ headers = {} }: DocumentedReply, reply: Reply): readonly string[] {
  const documented = new Map(Object.entries(headers).map(([name, { schema }]) => [name.toLowerCase(), schema]));
  const wrong = [...documented]
    .filter(([name, { type }]) => type === 'integer' && !/^\d+$/.test(String(reply.headers[name] ?? 0)))
    .map(([name]) => `${name} is no integer: ${String(reply.headers[name])}`);
  const silent = TELLING.filter((name) => reply.headers[name] !== undefined && !documented.has(name)).map(
    (name) => `${name} is sent and not documented for ${reply.status}`,
  );
  return [...wrong, ...silent];
}

function bodyOf({ content = {} }: DocumentedReply, reply: Reply): readonly string[] {
  const mediaType = (reply.headers['content-type'] ?? '').split(';', 1)[0] ?? '';
  const documented = content[mediaType] ?? content['*/*'];
  if (documented === undefined) return [`media type ${mediaType} is not documented for ${reply.status}`];
  return documented.schema.$ref === undefined ? [] : violations(documented.schema.$ref, reply.body);
}

function violations(reference: string, value: unknown): readonly string[] {
  let validate = validators.get(reference);
  if (validate === undefined) {
    validate = ajv.compile({ $ref: `openapi.json${reference}` });
    validators.set(reference, validate);
  }
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `body${instancePath} ${message}`);
}
