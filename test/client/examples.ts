import { readFileSync } from 'node:fs';

const PAGE = 'docs/clients.md';

/** The code of an example, as readers copy it. */
export function exampleOf(name: 'browser' | 'node' | 'react' | 'curl'): string {
  const [, code] =
    new RegExp(`<!-- example: ${name} -->\\s+\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(readFileSync(PAGE, 'utf8')) ?? [];
  if (code === undefined) throw new Error(`${PAGE} has no example for ${name}`);
  return code;
}
