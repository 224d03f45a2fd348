import { prefixesOf } from '../address.js';
import type { Call } from '../http/call.js';
import type { Dialect } from './dialect.js';

/** What the `{members}` of a path stand for. */
export type Members = Readonly<Record<string, string>>;

/** Where a call belongs. */
export interface Route {
  readonly dialect: Dialect;
  /** Null where the provider has no such path. */
  readonly members: Members | null;
}

/**
 * Finds the provider that a call is for. Several can share a host label: the path decides between them. Without such a
 * path it is the first of them, so that its faults and the log know whose call failed. Null where nobody has the prefix.
 */
export function findRoute(dialects: readonly Dialect[], { segments, query }: Call): Route | null {
  const routes = dialects.flatMap((dialect) =>
    prefixesOf(dialect.provider)
      .filter((prefix) => prefix.every((part, at) => part === segments?.[at]))
      .map((prefix) => ({ dialect, members: matchPaths(dialect.paths, segments?.slice(prefix.length) ?? [], query) })),
  );
  return routes.find(({ members }) => members !== null) ?? routes[0] ?? null;
}

function matchPaths(paths: readonly string[], segments: readonly string[], query: string): Members | null {
  for (const path of paths) {
    const members = matchPath(path, segments, new URLSearchParams(query));
    if (members !== null) return members;
  }
  return null;
}

/** Reads segments, and the values of a query that the path names; others do not matter. */
function matchPath(path: string, segments: readonly string[], query: URLSearchParams): Members | null {
  const [pattern = '', parameters = ''] = path.split('?');
  const parts = pattern.split('/').slice(1);
  const joined = joinSegments(parts, segments);
  if (parts.length !== joined.length) return null;
  const pairs = [
    ...parts.map((part, at) => [part, joined[at] ?? ''] as const),
    ...[...new URLSearchParams(parameters)].map(([name, value]) => [value, query.get(name) ?? ''] as const),
  ];
  const members: Record<string, string> = {};
  for (const [part, value] of pairs) {
    const member = /^\{\+?(\w+)\}$/.exec(part)?.[1];
    if (member === undefined ? part !== value : value === '') return null;
    if (member !== undefined) members[member] = value;
  }
  return members;
}

/** Makes one of the segments that a `{+member}` stands for. */
function joinSegments(parts: readonly string[], segments: readonly string[]): readonly string[] {
  const at = parts.findIndex((part) => part.startsWith('{+'));
  if (at === -1) return segments;
  const end = segments.length - (parts.length - at - 1);
  return end <= at ? segments : [...segments.slice(0, at), segments.slice(at, end).join('/'), ...segments.slice(end)];
}
