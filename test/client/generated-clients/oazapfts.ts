import { connection } from './expected.js';
import { batchGetTasks, defaults, getTask } from './oazapfts/client.js';

export default connection((baseUrl) => {
  if (baseUrl !== undefined) defaults.baseUrl = baseUrl;
  return {
    async task(provider, id) {
      const reply = await getTask(provider, id);
      return reply.status === 200 ? reply.data : undefined;
    },
    async problem(provider, id) {
      const reply = await getTask(provider, id);
      return reply.status === 404 ? reply.data : undefined;
    },
    async batch(body) {
      const reply = await batchGetTasks(body);
      return reply.status === 207 ? reply.data.items : undefined;
    },
  };
});
