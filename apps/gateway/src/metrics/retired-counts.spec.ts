import { describe, expect, it } from '@jest/globals';
import { RetiredCounts } from './retired-counts.js';

const counter = (value: number, labels = { status: '200' }) => ({
  name: 'served_total',
  type: 'counter',
  values: [{ labels, value }],
});
const bucket = (value: number) => ({
  name: 'seconds',
  type: 'histogram',
  values: [{ metricName: 'seconds_bucket', labels: { le: '1' }, value }],
});

describe('counts of processes that are gone', () => {
  it('add up, as each told them last', () => {
    const counts = new RetiredCounts();
    const [one, other] = [{}, {}];
    counts.note(one, [counter(1)]);
    counts.note(one, [counter(3), bucket(2)]);
    counts.note(other, [counter(4), counter(5, { status: '503' }), bucket(6)]);
    expect(counts.figures).toEqual([]);
    counts.retire(one);
    counts.retire(other);
    expect(counts.figures).toEqual([
      { ...counter(7), values: [...counter(7).values, ...counter(5, { status: '503' }).values] },
      bucket(8),
    ]);
  });

  it('what is no count, or of a process that told nothing: is gone', () => {
    const counts = new RetiredCounts();
    const [one, other] = [{}, {}];
    counts.note(one, [{ ...counter(1), type: 'gauge' }]);
    counts.note(other, null);
    for (const process of [one, other, {}]) counts.retire(process);
    expect(counts.figures).toEqual([]);
  });
});
