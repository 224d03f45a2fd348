/** One line of a scrape. */
export interface ScrapedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with all its series; those of a histogram are under its own name. */
export interface ScrapedMetric {
  readonly help: string;
  readonly type: string;
  readonly samples: readonly ScrapedSample[];
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/y;

/** Reads the text format of Prometheus, strictly. @throws Error for a line that is none */
export function readScrape(text: string): ReadonlyMap<string, ScrapedMetric> {
  const metrics = new Map<string, { help: string; type: string; samples: ScrapedSample[] }>();
  let present: { help: string; type: string; samples: ScrapedSample[] } | undefined;
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      if (metrics.has(name)) throw new Error(`${name} comes twice`);
      metrics.set(name, (present = { help: rest, type: '', samples: [] }));
    } else if (kind === 'TYPE' && present !== undefined) present.type = rest;
    else if (line !== '') present?.samples.push(readSample(line));
  }
  return metrics;
}

function readSample(line: string): ScrapedSample {
  const [, name = '', labels = '', value = ''] = LINE.exec(line) ?? [];
  if (name === '') throw new Error(`this is no sample: ${line}`);
  LABEL.lastIndex = 0;
  const pairs: [string, string][] = [];
  while (LABEL.lastIndex < labels.length) {
    const [, key, text] = LABEL.exec(labels) ?? [];
    if (key === undefined || text === undefined) throw new Error(`these are no labels: ${labels}`);
    pairs.push([key, text]);
  }
  return { name, labels: Object.fromEntries(pairs), value: value === '+Inf' ? Infinity : Number(value) };
}

/** Sum over the series of a name that have these labels. */
export function total(
  metrics: ReadonlyMap<string, ScrapedMetric>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  return [...metrics.values()]
    .flatMap(({ samples }) => samples)
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0);
}
