import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import type { Reply } from './http-client.js';
import { noteReply } from './seen-replies.js';

interface Referring {
  readonly $ref?: string;
}
interface Header extends Referring {
  readonly required?: boolean;
  readonly schema: { readonly type: string };
}
interface DocumentedReply {
  readonly headers?: Readonly<Record<string, Header>>;
  readonly content?: Readonly<Record<string, { readonly schema: Referring }>>;
}
export interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, DocumentedReply>>;
}
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** The committed document, which is what clients are generated from. */
export const OPENAPI_TEXT = readFileSync('apps/gateway/openapi.json', 'utf8');
export const OPENAPI = JSON.parse(OPENAPI_TEXT) as OpenApiDocument;

/** Of the connection, of the media type, or of CORS: everything else that is sent has to be documented for that reply. */
const UNDOCUMENTED =
  /^(connection|keep-alive|date|transfer-encoding|content-(type|length)|x-content-type-options|access-control-.*)$/;

const ajv = validatorOf(closed(OPENAPI) as object);
const validators = new Map<string, ValidateFunction>();

/** Validates by schemas of a document that it calls `openapi.json`. */
export function validatorOf(document: object): Ajv2020 {
  const validator = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(validator);
  return validator.addSchema(document, 'openapi.json');
}

/** Answers are open, so that clients let pass what a later release adds; what this one sends has to be named all the same. */
function closed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(closed);
  const copy = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, closed(inner)]));
  const isObject = copy['type'] === 'object' && copy['properties'] !== undefined;
  return isObject ? { additionalProperties: false, ...copy } : copy;
}

/**
 * What contradicts the committed document in a reply; empty where nothing does. A request that no documented operation
 * is meant by can only be answered with a problem.
 */
export function contradictions(method: string, path: string, reply: Reply): readonly string[] {
  const operation = operationOf(method, path);
  if (operation === undefined) return undocumentedRequest(method, reply);
  const documented = operation.responses[reply.status];
  if (documented === undefined) return [`status ${reply.status} is not documented for ${operation.operationId}`];
  const hasBody = method !== 'HEAD' && reply.status !== 204 && reply.status !== 304;
  const body = hasBody ? bodyOf(documented, reply) : reply.text === '' ? [] : ['a body where none can be'];
  const wrong = [...headersOf(documented, reply), ...body];
  if (wrong.length === 0) noteReply(operation.operationId, reply.status);
  return wrong;
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
  const named = (name: string) => fitting.map((template) => OPENAPI.paths[template]?.[name]).find(Boolean);
  return named(method.toLowerCase()) ?? (method === 'HEAD' ? named('get') : undefined);
}

function fits(part: string, segment: string | undefined): boolean {
  return part.startsWith('{') && segment !== undefined && segment !== '';
}

function headersOf({ headers = {} }: DocumentedReply, reply: Reply): readonly string[] {
  const documented = Object.entries(headers).map(([name, header]) => {
    const place = header.$ref ?? '';
    return { name: name.toLowerCase(), place, ...(lookUp(place) as Header) };
  });
  const wrong = documented.flatMap(({ name, place, required, schema }) => {
    const value = reply.headers[name];
    if (value === undefined) return required === true ? [`${name} is missing`] : [];
    const read = schema.type === 'integer' && /^-?\d+$/.test(String(value)) ? Number(value) : value;
    return violations(`${place}/schema`, read).map((text) => `${name}: ${String(value)}: ${text}`);
  });
  const silent = Object.keys(reply.headers)
    .filter((name) => !UNDOCUMENTED.test(name) && !documented.some((header) => header.name === name))
    .map((name) => `${name} is sent and not documented for ${reply.status}`);
  return [...wrong, ...silent];
}

function lookUp(reference: string): unknown {
  return reference
    .split('/')
    .slice(1)
    .reduce<unknown>((value, member) => (value as Record<string, unknown>)[member], OPENAPI);
}

function bodyOf({ content = {} }: DocumentedReply, reply: Reply): readonly string[] {
  const mediaType = (reply.headers['content-type'] ?? '').split(';', 1)[0] ?? '';
  const documented = content[mediaType] ?? content['*/*'];
  if (documented === undefined) return [`media type ${mediaType} is not documented for ${reply.status}`];
  const { $ref } = documented.schema;
  if ($ref === undefined) return [];
  if (mediaType !== 'text/event-stream') return violations($ref, reply.body);
  return eventsIn(reply.text).flatMap(({ name, data }) => {
    const { kind } = Object(data) as { readonly kind?: string };
    return [...violations($ref, data), ...(kind === name ? [] : [`an event ${name} of kind ${kind}`])];
  });
}

/** Events of a stream that has ended, each with its JSON; comments and `retry` are none. */
function eventsIn(text: string): readonly { readonly name: string | undefined; readonly data: unknown }[] {
  const fieldOf = (event: string, name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(event)?.[1];
  return text.split('\n\n').flatMap((event) => {
    const data = fieldOf(event, 'data');
    return data === undefined ? [] : [{ name: fieldOf(event, 'event'), data: JSON.parse(data) as unknown }];
  });
}

/** What is wrong with a value by one schema of the document; `reference` is where it stands. */
export function violations(reference: string, value: unknown): readonly string[] {
  let validate = validators.get(reference);
  if (validate === undefined) {
    validate = ajv.compile({ $ref: `openapi.json${reference}` });
    validators.set(reference, validate);
  }
  if (validate(value)) return [];
  return (validate.errors ?? []).slice(0, 20).map(({ instancePath, message }) => `body${instancePath} ${message}`);
}
