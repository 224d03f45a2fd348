import { connection } from './expected.js';
import { ApiError, batchGetTasks, configure, getTask, watchTask } from './redocly/client.js';
import type { Problem, StreamEvent } from './redocly/client.js';

export default connection((baseUrl) => {
  if (baseUrl !== undefined) configure({ serverUrl: baseUrl });
  return {
    task: (provider, id) => getTask({ path: { provider, id } }),
    problem: (provider, id) =>
      getTask({ path: { provider, id } }).then(
        () => undefined,
        (error: unknown) => (error instanceof ApiError ? (error.body as Problem) : undefined),
      ),
    async events(provider, id) {
      const events: StreamEvent[] = [];
      for await (const { event, data } of watchTask({ path: { provider, id } }))
        // Without a name: `retry` alone.
        if (event !== undefined) events.push(data);
      return events;
    },
    batch: async (body) => (await batchGetTasks({ body })).items,
  };
});
