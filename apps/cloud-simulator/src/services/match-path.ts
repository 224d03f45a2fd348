/** The values of the `{members}` of the first path that fits, or null. */
export function matchPath(
  paths: readonly string[],
  segments: readonly string[],
): Readonly<Record<string, string>> | null {
  for (const path of paths) {
    const match = matchOne(path.split('/').slice(1), segments);
    if (match !== null) return match;
  }
  return null;
}

function matchOne(pattern: readonly string[], segments: readonly string[]): Readonly<Record<string, string>> | null {
  if (pattern.length !== segments.length) return null;
  const members: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    const member = /^\{(\w+)\}$/.exec(part)?.[1];
    if (member === undefined ? part !== segment : segment === '') return null;
    if (member !== undefined) members[member] = segment;
  }
  return members;
}
