/** An OpenAPI 3.1 document or a part of one, as it was parsed. */
// oxlint-disable-next-line typescript/no-explicit-any -- every part is looked at as what its place makes it
type Part = any;

/**
 * What breaks clients of one document when another takes its place: every difference does that is not known to break none.
 * @returns one line for each change, where and what; empty where none breaks
 */
export function breakingChanges(before: Part, after: Part): readonly string[] {
  return [...new Set(new Comparison(before, after).changes())];
}

/** Whether the version says so: breaking changes need a new major version (https://semver.org). */
export function isAnnounced(before: Part, after: Part): boolean {
  return Number.parseInt(after.info.version, 10) > Number.parseInt(before.info.version, 10);
}

/** Requests may come to hold more, replies less; a list of words in a reply is open where any text may stand for them. */
type Use = 'request' | 'reply' | 'open reply';

/** What no program depends on. */
const WORDS = /^(description|title|summary|examples?|deprecated|\$comment|x-.*)$/;
const LOWER = /^(exclusiveMinimum|min(imum|Length|Items|Properties))$/;
const UPPER = /^(exclusiveMaximum|max(imum|Length|Items|Properties))$/;

const listed = (value: Part): readonly Part[] => (value === undefined ? [] : [value].flat());
const gone = (before: readonly Part[], after: readonly Part[]) => before.filter((item) => !after.includes(item));
const same = (one: Part, other: Part) => JSON.stringify(one) === JSON.stringify(other);
const isText = ({ type, enum: words }: Part) => type === 'string' && words === undefined;
const CHOICES = ['oneOf', 'anyOf', 'allOf'];
const choicesOf = (schema: Part) => CHOICES.filter((keyword) => keyword in schema).join(' and ') || 'no choice';
const wordless = (part: Part = {}) => Object.entries(part).filter(([name]) => !WORDS.test(name));

class Comparison {
  private readonly found: string[] = [];
  private readonly seen = new Set<string>();

  constructor(
    private readonly before: Part,
    private readonly after: Part,
  ) {}

  changes(): readonly string[] {
    const { before, after } = this;
    const urls = ({ servers }: Part) => servers.map(({ url }: Part) => `server "${url}"`);
    this.lost('#/servers', urls(before), urls(after));
    for (const [name, scheme] of Object.entries<Part>(before.components.securitySchemes))
      if (!same(wordless(scheme), wordless(after.components.securitySchemes[name])))
        this.report(`#/components/securitySchemes/${name}`, 'credentials are sent in another way');
    // Generated types are named like schemas, whether anything refers to them or not.
    this.lost('#/components/schemas', Object.keys(before.components.schemas), Object.keys(after.components.schemas));
    for (const [path, methods] of Object.entries<Part>(before.paths))
      for (const [method, operation] of Object.entries<Part>(methods)) {
        const later = after.paths[path]?.[method];
        if (later === undefined) this.report(`${method} ${path}`, 'the operation is gone');
        else this.operation(`${method} ${path}`, operation, later);
      }
    return this.found;
  }

  private operation(place: string, before: Part, after: Part): void {
    if (before.operationId !== after.operationId) this.report(place, `operationId was ${before.operationId}`);
    // Each way of identifying oneself has to stay; an operation without any is open to everybody.
    const ways = ({ security = [] }: Part): string[] =>
      security.map((way: object) => Object.keys(way).toSorted().join(' and '));
    if (ways(after).length > 0)
      this.lost(`${place} security`, ways(before).length > 0 ? ways(before) : [''], ways(after));
    const parameters = (document: Part, { parameters: all = [] }: Part) =>
      all.map((part: Part) => resolve(document, part));
    this.parameters(place, parameters(this.before, before), parameters(this.after, after));
    const body = before.requestBody ?? { content: {} };
    const laterBody = after.requestBody ?? { content: {} };
    if (laterBody.required === true && body.required !== true) this.report(place, 'a body is required');
    this.content(`${place} body`, body, laterBody, 'request');
    this.lost(`${place} replies`, Object.keys(before.responses), Object.keys(after.responses));
    for (const [status, reply] of Object.entries<Part>(before.responses)) {
      const later = after.responses[status];
      if (later === undefined) continue;
      this.content(`${place} ${status}`, reply, later, 'reply');
      this.headers(`${place} ${status}`, reply.headers ?? {}, later.headers ?? {});
    }
  }

  private parameters(place: string, before: readonly Part[], after: readonly Part[]): void {
    const nameOf = ({ in: where, name }: Part) => `${where} ${name}`;
    this.lost(`${place} parameters`, before.map(nameOf), after.map(nameOf));
    for (const later of after) {
      const { required, schema, ...rest } = before.find((parameter) => nameOf(parameter) === nameOf(later)) ?? {};
      const { required: isRequired, schema: laterSchema, ...laterRest } = later;
      if (isRequired === true && required !== true) this.report(place, `${nameOf(later)} is required`);
      if (schema === undefined) continue;
      if (!same(wordless(rest), wordless(laterRest))) this.report(place, `${nameOf(later)} is sent in another way`);
      this.schema(`${place} ${nameOf(later)}`, schema, laterSchema, 'request');
    }
  }

  private content(place: string, { content: before = {} }: Part, { content: after = {} }: Part, use: Use): void {
    this.lost(place, Object.keys(before), Object.keys(after));
    if (use !== 'request') this.gained(place, Object.keys(before), Object.keys(after));
    for (const [type, { schema }] of Object.entries<Part>(before))
      if (after[type] !== undefined) this.schema(`${place} ${type}`, schema, after[type].schema, use);
  }

  private headers(place: string, before: Part, after: Part): void {
    this.lost(`${place} headers`, Object.keys(before), Object.keys(after));
    for (const name of Object.keys(before).filter((header) => after[header] !== undefined)) {
      const header = resolve(this.before, before[name]);
      const later = resolve(this.after, after[name]);
      if (header.required === true && later.required !== true) this.report(place, `${name} may be missing`);
      this.schema(`${place} ${name}`, header.schema, later.schema, 'reply');
    }
  }

  private schema(at: string, from: Part = {}, to: Part = {}, use: Use): void {
    const place: string = from.$ref ?? at;
    if (from.$ref !== undefined && to.$ref !== undefined && from.$ref !== to.$ref)
      return this.report(at, `was ${from.$ref}, and is ${to.$ref}`);
    if (from.$ref !== undefined) {
      const key = `${use} ${from.$ref} ${to.$ref}`;
      if (this.seen.has(key)) return;
      this.seen.add(key);
    }
    const before = resolve(this.before, from);
    const after = resolve(this.after, to);
    if (choicesOf(before) !== choicesOf(after))
      return this.report(place, `was ${choicesOf(before)}, and is ${choicesOf(after)}`);
    const keywords = new Set([...wordless(before), ...wordless(after)].map(([keyword]) => keyword));
    for (const keyword of keywords) this.keyword(place, keyword, before, after, use);
  }

  private keyword(place: string, keyword: string, from: Part, to: Part, use: Use): void {
    const [before, after] = [from[keyword], to[keyword]];
    const isRequest = use === 'request';
    if (keyword === 'properties') {
      this.lost(place, Object.keys(before ?? {}), Object.keys(after ?? {}));
      for (const [name, schema] of Object.entries<Part>(before ?? {}))
        if (after?.[name] !== undefined) this.schema(`${place}/${name}`, schema, after[name], closed(use));
    } else if (keyword === 'required') {
      if (isRequest) this.report(place, 'is required now', gone(listed(after), listed(before)));
      else this.report(place, 'may be missing', gone(listed(before), listed(after)));
    } else if (keyword === 'enum') {
      this.lost(place, listed(before), after ?? (isRequest ? listed(before) : []));
      if (isRequest ? before === undefined : use === 'reply') this.gained(place, listed(before), listed(after));
    } else if (keyword === 'type') {
      // Without any, every type is meant.
      if (before === undefined || after === undefined) {
        if ((after === undefined) !== isRequest) this.report(place, `type was ${before}, and is ${after}`);
      } else if (isRequest) this.lost(place, listed(before), listed(after));
      else this.gained(place, listed(before), listed(after));
    } else if (CHOICES.includes(keyword)) this.variants(place, keyword, listed(before), listed(after), use);
    else if (keyword === 'discriminator') {
      const entries = ({ mapping = {} }: Part = {}) =>
        Object.entries<string>(mapping).map(([word, name]) => `${word}: ${name}`);
      this.lost(place, [before?.propertyName, ...entries(before)], [after?.propertyName, ...entries(after)]);
    } else if (before?.constructor === Object && after?.constructor === Object)
      this.schema(`${place}/${keyword}`, before, after, closed(use));
    else if (LOWER.test(keyword) || UPPER.test(keyword)) {
      const none = LOWER.test(keyword) ? -Infinity : Infinity;
      const isTighter = LOWER.test(keyword) ? (after ?? none) > (before ?? none) : (after ?? none) < (before ?? none);
      if (before !== after && isTighter === isRequest) this.report(place, `${keyword} was ${before}, and is ${after}`);
    } else if (!same(before, after) && (isRequest ? after !== undefined : before !== undefined))
      this.report(place, `${keyword} was ${JSON.stringify(before)}, and is ${JSON.stringify(after)}`);
  }

  private variants(place: string, keyword: string, before: readonly Part[], after: readonly Part[], use: Use): void {
    if (before.length !== after.length && !(use === 'request' && before.length > 0 && before.length < after.length))
      this.report(place, `${keyword} had ${before.length} variants, and has ${after.length}`);
    const inner = use === 'reply' && keyword === 'anyOf' && before.some(isText) ? 'open reply' : closed(use);
    for (const [index, variant] of before.entries())
      if (after[index] !== undefined) this.schema(`${place}/${keyword}/${index}`, variant, after[index], inner);
  }

  private lost(place: string, before: readonly Part[], after: readonly Part[]): void {
    this.report(place, 'is gone', gone(before, after));
  }

  private gained(place: string, before: readonly Part[], after: readonly Part[]): void {
    this.report(place, 'is new, and nobody expects it', gone(after, before));
  }

  private report(place: string, what: string, items?: readonly Part[]): void {
    this.found.push(
      ...(items?.map((item) => `${place}: ${item === '' ? 'nobody' : item} ${what}`) ?? [`${place}: ${what}`]),
    );
  }
}

/** Further down, a list of words is on its own again. */
const closed = (use: Use): Use => (use === 'open reply' ? 'reply' : use);

const resolve = (document: Part, part: Part): Part =>
  part?.$ref === undefined
    ? part
    : (part.$ref
        .split('/')
        .slice(1)
        .reduce((value: Part, member: string) => value?.[member], document) ?? {});
