import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

const CONFIG = new URL('diff.redocly.yaml', import.meta.url).pathname;

/**
 * What breaks clients of one document when it becomes another: redocly's rules but for words that open lists gain, and
 * what these do not look at.
 * @param {string} base path of the document that clients were generated from
 * @param {string} revision path of the document that takes its place
 * @returns {Promise<readonly string[]>} one line for each change; empty where none breaks
 */
export async function breakingChanges(base, revision) {
  const [before, after] = await Promise.all([base, revision].map(readDocument));
  const { changes } = JSON.parse(await diff(base, revision));
  const open = openLists(before);
  const found = changes.flatMap(({ path, base: place, verdicts }) =>
    verdicts
      .filter(({ impact, ruleId }) => impact === 'major' && !(ruleId === GAINED && open.has(place?.pointer)))
      .map(({ message }) => `${path}: ${message}`),
  );
  return [
    ...new Set([
      ...found,
      ...lostWords(before, after),
      ...lostSchemas(before, after),
      ...lostEntries(before, after),
      ...lostSecurity(before, after),
      ...lostHeaders(before, after),
    ]),
  ];
}

/** Whether the version says so: breaking changes need a new major version (https://semver.org). */
export async function isAnnounced(base, revision) {
  const [before, after] = (await Promise.all([base, revision].map(readDocument))).map(({ info }) =>
    Number.parseInt(info.version, 10),
  );
  return after > before;
}

/** Redocly's rule about words that an answer may hold and might not hold before. */
const GAINED = 'enum-values-added';

const readDocument = async (path) => JSON.parse(await readFile(path, 'utf8'));

function diff(base, revision) {
  return new Promise((resolve, reject) => {
    const options = ['diff', base, revision, '--format=json', '--fail-on=none', `--config=${CONFIG}`];
    execFile('node_modules/.bin/redocly', options, { maxBuffer: 2 ** 28 }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
  });
}

/** Every schema in those that have a name, with its pointer. */
function schemasIn({ components }) {
  const within = (value, pointer) =>
    typeof value !== 'object' || value === null
      ? []
      : [[pointer, value], ...Object.entries(value).flatMap(([name, inner]) => within(inner, `${pointer}/${name}`))];
  return within(components.schemas, '#/components/schemas');
}

/** Pointers of the lists that later releases may add to: any text may stand for their words, wherever they are used. */
function openLists(document) {
  const schemas = schemasIn(document);
  const isText = ({ type, enum: words, const: word }) => type === 'string' && words === undefined && word === undefined;
  const beside = schemas
    .filter(([, { anyOf }]) => Array.isArray(anyOf) && anyOf.some(isText))
    .flatMap(([pointer, { anyOf }]) => anyOf.map(({ $ref }, at) => [`${pointer}/anyOf/${at}`, $ref]));
  const places = new Set(beside.map(([pointer]) => pointer));
  const closed = new Set(schemas.filter(([pointer]) => !places.has(pointer)).map(([, { $ref }]) => $ref));
  const open = beside.map(([pointer, $ref = pointer]) => $ref).filter((pointer) => !closed.has(pointer));
  return new Set(open.map((pointer) => `${pointer}/enum`));
}

/** Whoever branches on a word waits for it in vain. */
function lostWords(before, after) {
  const later = new Map(schemasIn(after));
  return schemasIn(before).flatMap(([pointer, { enum: words }]) => {
    const kept = later.get(pointer)?.enum;
    if (!Array.isArray(words) || !Array.isArray(kept)) return [];
    return words.filter((word) => !kept.includes(word)).map((word) => `${pointer}: ${word} is gone`);
  });
}

/** Generated types are named like schemas. */
function lostSchemas({ components: before }, { components: after }) {
  return Object.keys(before.schemas)
    .filter((name) => after.schemas[name] === undefined)
    .map((name) => `#/components/schemas/${name}: the name of a generated type is gone`);
}

/** What narrows a union in generated types. */
function lostEntries({ components: before }, { components: after }) {
  return Object.entries(before.schemas).flatMap(([name, { discriminator }]) =>
    Object.keys(discriminator?.mapping ?? {})
      .filter((value) => after.schemas[name]?.discriminator?.mapping?.[value] !== discriminator.mapping[value])
      .map((value) => `#/components/schemas/${name}: ${value} no longer tells which variant it is`),
  );
}

/** Each way of identifying oneself has to stay. */
function lostSecurity(before, after) {
  const ways = ({ security = [] }) => security.map((way) => Object.keys(way).toSorted().join(' and ') || 'nothing');
  return operationsOf(before).flatMap(({ path, method, operation }) => {
    const later = after.paths[path]?.[method];
    if (later === undefined || ways(later).length === 0) return [];
    const kept = ways(later);
    const gone = ways(operation).length === 0 ? ['nothing'] : ways(operation);
    return gone
      .filter((way) => !kept.includes(way))
      .map((way) => `${method} ${path}: no longer open to who has ${way}`);
  });
}

/** A header that was always there has to stay always there. */
function lostHeaders(before, after) {
  const headersOf = (document, { headers = {} }) =>
    Object.entries(headers).map(([name, { $ref, ...header }]) => [
      name,
      document.components.headers?.[$ref?.split('/').at(-1)] ?? header,
    ]);
  return operationsOf(before).flatMap(({ path, method, operation }) =>
    Object.entries(operation.responses).flatMap(([status, reply]) => {
      const later = Object.fromEntries(headersOf(after, after.paths[path]?.[method]?.responses[status] ?? {}));
      return headersOf(before, reply)
        .filter(
          ([name, { required }]) => required === true && later[name] !== undefined && later[name].required !== true,
        )
        .map(([name]) => `${method} ${path} ${status}: ${name} may be missing`);
    }),
  );
}

function operationsOf({ paths }) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
}
