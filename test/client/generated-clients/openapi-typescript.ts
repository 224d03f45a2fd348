import createClient from 'openapi-fetch';
import { connection } from './expected.js';
import type { paths } from './openapi-typescript/schema.js';

export default connection((baseUrl) => {
  const client = createClient<paths>(baseUrl === undefined ? {} : { baseUrl });
  const get = (provider: string, id: string) =>
    client.GET('/tasks/{provider}/{id}', { params: { path: { provider, id } } });
  return {
    task: async (provider, id) => (await get(provider, id)).data,
    problem: async (provider, id) => (await get(provider, id)).error,
    batch: async (body) => (await client.POST('/tasks/batch-get', { body })).data?.items,
  };
});
