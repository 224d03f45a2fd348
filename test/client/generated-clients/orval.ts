import { connection } from './expected.js';
import { gateway } from './orval-base-url.js';
import { batchGetTasks, getTask } from './orval/client.js';

export default connection((baseUrl) => {
  gateway.url = baseUrl ?? '';
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
