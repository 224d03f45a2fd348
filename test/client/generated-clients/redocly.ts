import { connection } from './expected.js';
import { ApiError, batchGetTasks, configure, getTask } from './redocly/client.js';
import type { Problem } from './redocly/client.js';

export default connection((baseUrl) => {
  if (baseUrl !== undefined) configure({ serverUrl: baseUrl });
  return {
    task: (provider, id) => getTask({ path: { provider, id } }),
    problem: (provider, id) =>
      getTask({ path: { provider, id } }).then(
        () => undefined,
        (error: unknown) => (error instanceof ApiError ? (error.body as Problem) : undefined),
      ),
    batch: async (body) => (await batchGetTasks({ body })).items,
  };
});
