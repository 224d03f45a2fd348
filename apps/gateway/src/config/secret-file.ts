import { readFileSync, statSync } from 'node:fs';

/** Larger files are none of secrets, in bytes: a cloud's token has 16,384 characters at most. */
const MAX_BYTES = 65_536;

/** What stands in a file, without the newline at its end; or why that cannot be had, without anything of it. */
export function readSecretFile(path: string): { readonly text: string } | { readonly fault: string } {
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
