import { connection } from './expected.js';
import { client } from './hey-api/client.gen.js';
import { batchGetTasks, getTask, watchTask } from './hey-api/index.js';
import type { StreamEvent } from './hey-api/index.js';

export default connection((baseUrl) => {
  if (baseUrl !== undefined) client.setConfig({ baseUrl });
  return {
    task: async (provider, id) => (await getTask({ path: { provider, id } })).data,
    problem: async (provider, id) => (await getTask({ path: { provider, id } })).error,
    async events(provider, id) {
      const { stream } = await watchTask({ path: { provider, id }, sseMaxRetryAttempts: 1 });
      const events: StreamEvent[] = [];
      for await (const event of stream)
        // Nothing is what a 204 brings.
        if (typeof event === 'object') events.push(event);
      return events;
    },
    batch: async (body) => (await batchGetTasks({ body })).data?.items,
  };
});
