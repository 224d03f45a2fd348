/** Values by name. None may be chosen by callers or upstreams, nor name a task, a project or a caller: each is a series for good. */
export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** Where it differs from that of the metric: parts of a histogram. */
  readonly metricName?: string;
}

/** A metric, in the form that prom-client's registry renders. */
export interface Metric {
  readonly name: string;
  readonly get: () => {
    readonly name: string;
    readonly help: string;
    readonly type: 'counter' | 'gauge' | 'histogram';
    readonly values: readonly Sample[];
  };
}

/** One series of a {@link Counter}: whoever counts often keeps it. */
export interface Count {
  value: number;
}

/** Series by the values of their labels. */
class SeriesByLabels<Series> {
  private readonly all = new Map<string, { readonly labels: Labels; readonly series: Series }>();

  constructor(
    private readonly labelNames: readonly string[],
    private readonly create: () => Series,
  ) {}

  of(values: readonly string[]): Series {
    const key = values.join('\n');
    let found = this.all.get(key);
    if (found === undefined) {
      const labels = Object.fromEntries(this.labelNames.map((name, index) => [name, values[index] ?? '']));
      this.all.set(key, (found = { labels, series: this.create() }));
    }
    return found.series;
  }

  [Symbol.iterator](): Iterator<{ readonly labels: Labels; readonly series: Series }> {
    return this.all.values();
  }
}

/** Counts in plain numbers: prom-client's own hash their labels each time, which costs as much as a tenth of a stored answer. */
export class Counter implements Metric {
  private readonly series: SeriesByLabels<Count>;

  /** @param name ends in `_total` */
  constructor(
    readonly name: string,
    private readonly help: string,
    labelNames: readonly string[],
  ) {
    this.series = new SeriesByLabels(labelNames, () => ({ value: 0 }));
  }

  /** @param values of the labels, in the order of their names */
  of(...values: readonly string[]): Count {
    return this.series.of(values);
  }

  get() {
    const values = [...this.series].map(({ labels, series }) => ({ labels, value: series.value }));
    return { name: this.name, help: this.help, type: 'counter' as const, values };
  }
}

/** One series of a {@link Histogram}. */
export class Distribution {
  sum = 0;
  /** Of each bucket alone; the last is for what is above all bounds. */
  readonly counts: number[];

  constructor(private readonly bounds: readonly number[]) {
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] ?? 0)) index += 1;
    counts[index] = (counts[index] ?? 0) + 1;
    this.sum += value;
  }
}

/** Distributions in plain numbers. */
export class Histogram implements Metric {
  private readonly series: SeriesByLabels<Distribution>;

  /** @param name ends in its unit @param bounds upper ones of the buckets, rising; without the infinite one */
  constructor(
    readonly name: string,
    private readonly help: string,
    labelNames: readonly string[],
    private readonly bounds: readonly number[],
  ) {
    this.series = new SeriesByLabels(labelNames, () => new Distribution(bounds));
  }

  /** @param values of the labels, in the order of their names */
  of(...values: readonly string[]): Distribution {
    return this.series.of(values);
  }

  get() {
    const values = [...this.series].flatMap(({ labels, series }) => this.samplesOf(labels, series));
    return { name: this.name, help: this.help, type: 'histogram' as const, values };
  }

  private samplesOf(labels: Labels, { counts, sum }: Distribution): readonly Sample[] {
    let total = 0;
    const buckets = counts.map((count, index) => {
      const le = index < this.bounds.length ? String(this.bounds[index]) : '+Inf';
      return { metricName: `${this.name}_bucket`, labels: { ...labels, le }, value: (total += count) };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: total },
    ];
  }
}

/** What is a state, or counted elsewhere: read when it is asked for. */
export function readMetric(
  type: 'counter' | 'gauge',
  name: string,
  help: string,
  read: () => readonly Sample[] | number,
): Metric {
  const values = (): readonly Sample[] => {
    const found = read();
    return typeof found === 'number' ? [{ labels: {}, value: found }] : found;
  };
  return { name, get: () => ({ name, help, type, values: values() }) };
}
