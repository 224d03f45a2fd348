/** What processes of one port ask each other for all figures. */
export const METRICS_TOPIC = 'metrics';

/** A metric as a process tells it to others. */
interface Figure {
  readonly name: string;
  readonly type: unknown;
  readonly values: readonly Sample[];
}

interface Sample {
  readonly labels: Readonly<Record<string, unknown>>;
  readonly value: number;
  readonly metricName?: string;
}

/** Figures of other types die with their process. */
const COUNTED: ReadonlySet<unknown> = new Set(['counter', 'histogram']);

/**
 * What processes have counted that are gone, as they told it last. A sum that falls without them looks as if all had begun anew:
 * whoever computes rates would count all that is left once more.
 */
export class RetiredCounts {
  private readonly last = new Map<object, readonly Figure[]>();
  /** By name of the metric and labels of the sample. */
  private readonly sums = new Map<string, { readonly figure: Figure; readonly samples: Map<string, Sample> }>();

  readonly topic = METRICS_TOPIC;

  /** @param said null of a process that does not count yet */
  note(process: object, said: unknown): void {
    if (Array.isArray(said)) this.last.set(process, said as readonly Figure[]);
  }

  retire(process: object): void {
    for (const figure of this.last.get(process) ?? []) if (COUNTED.has(figure.type)) this.add(figure);
    this.last.delete(process);
  }

  /** As one more process would tell it; empty while none is gone. */
  get figures(): readonly Figure[] {
    return [...this.sums.values()].map(({ figure, samples }) => ({ ...figure, values: [...samples.values()] }));
  }

  private add(figure: Figure): void {
    let sum = this.sums.get(figure.name);
    if (sum === undefined) this.sums.set(figure.name, (sum = { figure, samples: new Map() }));
    for (const sample of figure.values) {
      const key = JSON.stringify([sample.metricName, Object.entries(sample.labels).toSorted()]);
      sum.samples.set(key, { ...sample, value: sample.value + (sum.samples.get(key)?.value ?? 0) });
    }
  }
}
