import { readFileSync, statSync } from 'node:fs';

/** What stands in a file; or why that cannot be had, without anything of it. */
export type FileText = { readonly text: string } | { readonly fault: string };

/** The files that a configuration is made of, by path, as they were when they were read. They hold secrets. */
export type ReadFiles = Map<string, FileText>;

/** Larger files are none of secrets, in bytes: a cloud's token has 16,384 characters at most. */
const MAX_BYTES = 65_536;

/** Of a secret: without the newline at its end. */
export function readSecretFile(path: string): FileText {
  try {
    const stat = statSync(path);
    // Others may have no end, or nobody who writes.
    if (!stat.isFile()) return { fault: 'is no file' };
    if (stat.size > MAX_BYTES) return { fault: `is larger than ${MAX_BYTES} bytes` };
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return text === '' ? { fault: 'is empty' } : { text };
  } catch {
    return { fault: 'cannot be read' };
  }
}

/** Of the configuration itself, which may come through a pipe. */
export function readText(path: string): FileText {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch {
    return { fault: 'cannot be read' };
  }
}
