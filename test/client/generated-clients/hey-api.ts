import { connection } from './expected.js';
import { client } from './hey-api/client.gen.js';
import { batchGetTasks, getTask } from './hey-api/index.js';

export default connection((baseUrl) => {
  if (baseUrl !== undefined) client.setConfig({ baseUrl });
  return {
    task: async (provider, id) => (await getTask({ path: { provider, id } })).data,
    problem: async (provider, id) => (await getTask({ path: { provider, id } })).error,
    batch: async (body) => (await batchGetTasks({ body })).data?.items,
  };
});
