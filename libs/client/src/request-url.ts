import type { Task, TaskView } from './generated/index.js';

/**
 * Names one task. `{provider, id, ...task.scope}` is one: null means the same as left out, and members that a provider
 * does not use are null in its scope.
 */
export interface TaskReference {
  /** Route key of the provider. */
  readonly provider: Task['provider'];
  /** Upstream id. */
  readonly id: string;
  /** A configured default fills what is left out. */
  readonly region?: string | null | undefined;
  readonly projectId?: string | null | undefined;
  readonly instanceId?: string | null | undefined;
}

/** Names one task by what it says of itself: `{self: task.links.self}`. */
export interface TaskLink {
  /** Path and query of the task, as the gateway wrote them. */
  readonly self: string;
}

/**
 * What a wait begins with: a plain object that can be stored as JSON, and taken up by another page or process. A state that
 * still has this version is not told again: `{self: task.links.self, version: task.version}`.
 */
export type TaskWaiter = (TaskReference | TaskLink) & {
  /** The last version that was seen. */
  readonly version?: string | null | undefined;
};

/** What a batch asks for. */
export interface TaskBatch {
  /** 1 to 100. */
  readonly tasks: readonly TaskReference[];
  readonly view?: TaskView | undefined;
}

/** The reference as the gateway reads it: known members only, and none that is null. */
export function givenMembers(named: TaskReference | TaskLink): TaskReference & Record<string, string> {
  const { provider, id, region, projectId, instanceId } = 'self' in named ? referenceOf(named.self) : named;
  return { provider, id, ...withoutNull({ region, projectId, instanceId }) };
}

function referenceOf(self: string): TaskReference {
  const { pathname, searchParams } = new URL(self, 'http://a');
  const [provider = '', id = ''] = pathname.split('/').slice(-2).map(decodeURIComponent);
  return { ...Object.fromEntries(searchParams), provider, id };
}

/** Path and query below the gateway's address. @param suffix such as `/artifact` */
export function pathOf(reference: TaskReference | TaskLink, suffix: string, view?: TaskView): string {
  const { provider, id, ...scope } = givenMembers(reference);
  const search = new URLSearchParams(withoutNull({ ...scope, view })).toString();
  return `/tasks/${encodeURIComponent(provider)}/${encodeURIComponent(id)}${suffix}${search && `?${search}`}`;
}

function withoutNull(members: Readonly<Record<string, string | null | undefined>>): Record<string, string> {
  const given = Object.entries(members).filter((member): member is [string, string] => typeof member[1] === 'string');
  return Object.fromEntries(given);
}

/**
 * The address in front of every path, without a slash at its end. In a browser it may be relative to the page.
 * @throws TypeError for what no request can be sent to
 */
export function readBaseUrl(baseUrl: string): string {
  const page = (globalThis as { location?: { href?: string } }).location?.href;
  const url = URL.canParse(baseUrl, page) ? new URL(baseUrl, page) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search + url.hash !== '')
    throw new TypeError(`baseUrl is no plain http or https address: ${baseUrl}`);
  // Not repeated in the message: it may be a password.
  if (url.username + url.password !== '') throw new TypeError('baseUrl must not hold credentials: use headers');
  return url.href.replace(/\/+$/, '');
}
