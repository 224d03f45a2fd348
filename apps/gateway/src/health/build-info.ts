import { readFileSync } from 'node:fs';

/** What runs here. */
export interface BuildInfo {
  readonly name: string;
  /** Of the OpenAPI document. */
  readonly version: string;
  /** Null where the build did not know. */
  readonly commit: string | null;
  readonly node: string;
}

export const BUILD_INFO = Symbol('build info');

/** @param version of the OpenAPI document */
export function buildInfo(version: string): BuildInfo {
  return { name: 'task-gateway', version, commit: commitOf(), node: process.versions.node };
}

/** What `npm run build` has left beside the program; nothing where it runs from its sources. */
function commitOf(): string | null {
  let text: string;
  try {
    text = readFileSync(new URL('../../build.json', import.meta.url), 'utf8');
  } catch {
    return null;
  }
  const { commit = null } = JSON.parse(text) as { readonly commit?: string | null };
  return commit !== null && /^[0-9a-f]{7,64}$/.test(commit) ? commit : null;
}
