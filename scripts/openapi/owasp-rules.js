/**
 * Lint rules after the OWASP API Security Top 10 (2023), for redocly: what comes in is bounded, what goes out is named,
 * and credentials are where they belong.
 */
const bounded = (schema) => schema.enum !== undefined || schema.const !== undefined;
const types = (schema) => [schema.type].flat();

/** API4: what a caller sends has an end. */
function boundedInput() {
  const check = (schema, { report, location }) => {
    const missing = (keyword) =>
      report({ message: `what comes in needs ${keyword}`, location: location.child(['type']).key() });
    if (bounded(schema)) return;
    if (types(schema).includes('string') && schema.maxLength === undefined) missing('maxLength, enum or const');
    if (types(schema).includes('array') && schema.maxItems === undefined) missing('maxItems');
    if (types(schema).some((type) => type === 'integer' || type === 'number') && schema.maximum === undefined)
      missing('minimum and maximum');
  };
  return { Parameter: { Schema: check }, RequestBody: { Schema: check } };
}

/** API3: no member is read that is not named. */
function closedInput() {
  const check = (schema, { report, location }) => {
    if (types(schema).includes('object') && schema.additionalProperties !== false)
      report({ message: 'what comes in needs additionalProperties: false', location });
  };
  return { RequestBody: { Schema: check } };
}

/** API3: no member is shown that is not named, unless the schema says that it is open. */
function closedOutput() {
  const check = (schema, { report, location }) => {
    if (
      schema.properties !== undefined &&
      schema.additionalProperties !== false &&
      schema.not?.properties === undefined
    )
      report({ message: 'named members and others do not go together: additionalProperties: false', location });
    if (types(schema).includes('object') && schema.additionalProperties === undefined)
      report({ message: 'an object says whether it is open: additionalProperties', location });
  };
  return { Response: { Schema: { enter: check, skip: (_schema, key) => key === 'not' } } };
}

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
      if (!/^(https:\/\/|\/)/.test(url))
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
        'closed-output': closedOutput,
        credentials,
        refusals,
        'encrypted-servers': encryptedServers,
      },
    },
  };
}
