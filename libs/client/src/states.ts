import type { Task } from './generated/index.js';

/**
 * States as they come, from waits that begin with the first `next()` and are left with the loop. Of a task whose states come
 * faster than they are taken only the newest is kept. Ends with the waits, or throws as soon as one of them does.
 */
export async function* statesOf(
  waits: readonly ((onUpdate: (task: Task) => void, signal: AbortSignal) => Promise<unknown>)[],
): AsyncGenerator<Task, void, undefined> {
  const leaving = new AbortController();
  const news = new Map<unknown, Task>();
  const taken = new Map<unknown, string>();
  let wake = (): void => undefined;
  let isOver = false;
  const waiting = Promise.all(
    waits.map((wait) =>
      wait((task) => {
        news.set(wait, task);
        wake();
      }, leaving.signal),
    ),
  );
  const end = (): void => {
    isOver = true;
    wake();
  };
  waiting.then(end, end);
  try {
    for (;;) {
      for (const [wait, task] of news) {
        news.delete(wait);
        // Others may have come in between that nobody took.
        if (taken.get(wait) === task.version) continue;
        taken.set(wait, task.version);
        yield task;
      }
      // The loop above has ended without anything new, and nothing runs in between.
      if (isOver) break;
      await new Promise<void>((resolve) => (wake = resolve));
    }
    await waiting;
  } finally {
    leaving.abort();
  }
}
