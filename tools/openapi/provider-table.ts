import type { Provider } from '@gateway/tasks';

/** Providers for readers of Markdown, in alphabetical order, padded as prettier pads a table. */
export function providerTable(providers: readonly Provider[]): string {
  const sorted = providers.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const rows = sorted.map(({ id, title, scope, example, artifactTypes }) => [
    `\`${id}\``,
    title,
    ['region', ...scope].join(', ') +
      (example.projectId === undefined ? '' : ` such as \`${example.projectId}\``) +
      (artifactTypes === undefined ? '' : '; files can be downloaded'),
  ]);
  const table = [['provider', 'service', 'found by'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = table;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}
