/** A number as people read it: three digits that mean something. */
export function figure(value) {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** Median, minimum and maximum. */
export function range({ median, min, max }) {
  return `${figure(median)} (${figure(min)}–${figure(max)})`;
}

/** A Markdown table: the first row is its head. */
export function table([head, ...rows]) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Rows of `compare`, as a table; ratios are those to `base`. */
export function comparison(rows, base) {
  const ratio = (value) => (value === undefined ? '' : range(value));
  return table([
    ['server', `CPU ÷ ${base}`, `req/s ÷ ${base}`, 'CPU µs/req', 'req/s', 'p50 ms', 'p99 ms', 'RSS MB'],
    ...rows.map((row) => [
      row.failed === 0 ? row.name : `${row.name} (**${row.failed} failed**)`,
      ratio(row.cpuRatio),
      ratio(row.rpsRatio),
      range(row.cpuUs),
      range(row.rps),
      figure(row.p50.median),
      range(row.p99),
      figure(row.rssMb.median),
    ]),
  ]);
}
