import { connection } from './expected.js';
import { Api } from './swagger-typescript-api/client.js';
import type { HttpResponse, Problem } from './swagger-typescript-api/client.js';

export default connection((baseUrl) => {
  const { tasks } = new Api(baseUrl === undefined ? {} : { baseUrl });
  return {
    task: async (provider, id) => (await tasks.getTask(provider, id)).data,
    problem: (provider, id) =>
      tasks.getTask(provider, id).then(
        () => undefined,
        ({ error }: HttpResponse<unknown, Problem>) => error,
      ),
    batch: async (body) => (await tasks.batchGetTasks(body)).data.items,
  };
});
