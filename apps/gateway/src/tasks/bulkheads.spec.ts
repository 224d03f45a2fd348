import { expect, it } from '@jest/globals';
import { Bulkheads } from './bulkheads.js';

/** Work that ends when `end` is called. */
function held() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => async (): Promise<string> => {
    begun.push(name);
    await new Promise<void>((end) => ends.set(name, end));
    if (name.startsWith('bad')) throw new Error(name);
    return name;
  };
  return { begun, work, end: (name: string) => ends.get(name)?.() };
}

it('a bulkhead that is full: its work waits in the order in which it came, other bulkheads go on', async () => {
  const { begun, work, end } = held();
  const bulkheads = new Bulkheads(2);
  const all = ['a1', 'bad a2', 'a3', 'a4', 'b1'].map((name) => bulkheads.run(name.slice(-2, -1), work(name)));
  expect(begun).toEqual(['a1', 'bad a2', 'b1']);
  end('bad a2');
  await expect(all[1]).rejects.toThrow('bad a2');
  expect(begun).toEqual(['a1', 'bad a2', 'b1', 'a3']);
  end('a3');
  expect(await all[2]).toBe('a3');
  for (const name of ['a1', 'a4', 'b1']) end(name);
  expect(await Promise.all([all[0], all[3], all[4]])).toEqual(['a1', 'a4', 'b1']);
});

it('a bulkhead that has become empty: takes as much at once as ever', async () => {
  const { begun, work, end } = held();
  const bulkheads = new Bulkheads(1);
  for (const name of ['a1', 'a2']) {
    const done = bulkheads.run('a', work(name));
    expect(begun).toContain(name);
    end(name);
    await done;
  }
  const last = [bulkheads.run('a', work('a3')), bulkheads.run('a', work('a4'))];
  expect(begun).toEqual(['a1', 'a2', 'a3']);
  end('a3');
  await last[0];
  end('a4');
  expect(await last[1]).toBe('a4');
});
