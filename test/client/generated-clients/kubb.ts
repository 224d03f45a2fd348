import { setConfig } from '@kubb/plugin-client/clients/fetch';
import { connection } from './expected.js';
import { batchGetTasks } from './kubb/clients/batchGetTasks.js';
import { getTask } from './kubb/clients/getTask.js';
import type { GetTask404 } from './kubb/types/GetTask.js';

export default connection((baseURL = '') => {
  // What its fetch client sends has no media type.
  setConfig({ baseURL, headers: { 'Content-Type': 'application/json' } });
  return {
    async task(provider, id) {
      const { status, data } = await getTask(provider, id);
      return status === 200 ? data : undefined;
    },
    async problem(provider, id) {
      const { status, data } = await getTask(provider, id);
      // It types every body as that of the success.
      return status === 404 ? (data as unknown as GetTask404) : undefined;
    },
    batch: async (body) => (await batchGetTasks(body)).data.items,
  };
});
