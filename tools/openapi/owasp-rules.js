/**
 * Lint rules after the OWASP API Security Top 10 (2023), for redocly: what comes in is bounded, what goes out is named,
 * and credentials are where they belong.
 */
const types = (schema) => [schema.type].flat();

/** Calls `visit` with a schema and every schema in it, references followed. */
function walk(node, location, context, visit, seen = new Set()) {
  if (typeof node !== 'object' || node === null) return;
  const schema = node.$ref === undefined ? node : context.resolve(node).node;
  if (seen.has(schema)) return;
  seen.add(schema);
  visit(schema, (message) => context.report({ message, location }));
  const inner = [
    ...Object.values(schema.properties ?? {}),
    ...['oneOf', 'anyOf', 'allOf', 'prefixItems'].flatMap((keyword) => schema[keyword] ?? []),
    schema.items,
    schema.additionalProperties,
  ];
  for (const item of inner) walk(item, location, context, visit, seen);
}

const eachIn =
  (visit) =>
  ({ content = {} }, context) => {
    for (const [type, { schema }] of Object.entries(content))
      walk(schema, context.location.child(['content', type, 'schema']), context, visit);
  };

/** Calls `visit` with every schema that a request can hold. */
function eachInput(visit) {
  return {
    Parameter: ({ schema }, context) => walk(schema, context.location.child('schema'), context, visit),
    RequestBody: eachIn(visit),
  };
}

/** API4: what a caller sends has an end. */
const boundedInput = () =>
  eachInput((schema, report) => {
    if (schema.enum !== undefined || schema.const !== undefined) return;
    if (types(schema).includes('string') && schema.maxLength === undefined)
      report('text that comes in needs maxLength, enum or const');
    if (types(schema).includes('array') && schema.maxItems === undefined) report('a list that comes in needs maxItems');
    if (types(schema).some((type) => type === 'integer' || type === 'number') && schema.maximum === undefined)
      report('a number that comes in needs minimum and maximum');
  });

/** API3: no member is read that is not named. */
const closedInput = () =>
  eachInput((schema, report) => {
    if (types(schema).includes('object') && schema.additionalProperties !== false)
      report('an object that comes in needs additionalProperties: false');
  });

/** Members may be added to an answer with any release: a validator made of an older document has to let them pass. */
const openOutput = () => ({
  Response: eachIn((schema, report) => {
    if (schema.additionalProperties === false) report('an answer is open: no additionalProperties: false');
  }),
});

/** API2: credentials are in headers, and tokens follow RFC 8725. */
function credentials() {
  return {
    SecurityScheme(scheme, { report, location }) {
      if (scheme.type === 'apiKey' && scheme.in !== 'header')
        report({ message: 'a credential in a URL ends up in logs', location: location.child('in') });
      if (scheme.type === 'http' && !/^bearer$/i.test(scheme.scheme))
        report({ message: 'passwords are not sent with every request', location: location.child('scheme') });
      if (scheme.bearerFormat === 'JWT' && !/RFC ?8725/.test(scheme.description ?? ''))
        report({ message: 'a JWT is verified as RFC 8725 says', location: location.child('description') });
    },
  };
}

/** API2, API4: whoever has to identify himself may be told 401; who is told to slow down is told for how long. */
function refusals() {
  return {
    Operation(operation, { report, location }) {
      if (operation.security === undefined) report({ message: 'security is said of each operation', location });
      const asks = (operation.security ?? []).some((way) => Object.keys(way).length > 0);
      if (asks && operation.responses['401'] === undefined)
        report({
          message: '401 is documented where credentials are read',
          location: location.child('responses').key(),
        });
      const carriesToken = (operation.security ?? []).some((way) => way.cloudToken !== undefined);
      const single = operation.requestBody === undefined;
      if (carriesToken && single && operation.responses['429'] === undefined)
        report({
          message: "429 is documented where the caller's own quota is used",
          location: location.child('responses').key(),
        });
      for (const status of ['429', '503'])
        if (
          operation.responses[status] !== undefined &&
          operation.responses[status].headers?.['Retry-After'] === undefined
        )
          report({ message: `${status} comes with Retry-After`, location: location.child(['responses', status]) });
      for (const [status, { content = {} }] of Object.entries(operation.responses))
        if (/^[45]/.test(status) && Object.keys(content).some((type) => type !== 'application/problem+json'))
          report({ message: 'failures are problem documents', location: location.child(['responses', status]) });
    },
  };
}

/** API8: nothing is sent in the clear. */
function encryptedServers() {
  return {
    Server({ url }, { report, location }) {
      if (!/^(https:\/\/|$)/.test(url))
        report({ message: 'https, or where the document is', location: location.child('url') });
    },
  };
}

export default function owasp() {
  return {
    id: 'owasp',
    rules: {
      oas3: {
        'bounded-input': boundedInput,
        'closed-input': closedInput,
        'open-output': openOutput,
        credentials,
        refusals,
        'encrypted-servers': encryptedServers,
      },
    },
  };
}
