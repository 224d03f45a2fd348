import createClient from 'openapi-fetch';
import type { paths } from './openapi-typescript/schema.js';
import { BATCH, FAILED, MISSING, SUCCEEDED } from './reads.js';
import type { Reads } from './reads.js';

export async function read(baseUrl: string | undefined): Promise<Reads> {
  const client = createClient<paths>(baseUrl === undefined ? {} : { baseUrl });
  const get = (id: string) => client.GET('/tasks/{provider}/{id}', { params: { path: { provider: 'apig', id } } });
  const { data: task } = await get(SUCCEEDED);
  const { data: failed } = await get(FAILED);
  const { data: batch } = await client.POST('/tasks/batch-get', { body: BATCH });
  const { error: problem } = await get(MISSING);
  return {
    groupId: task?.result?.apigImport?.groupId,
    failure: failed?.error?.code,
    batch: (batch?.items ?? []).map((item) => [
      item.status,
      item.kind === 'task' ? item.task.status : item.problem.code,
    ]),
    problem: problem?.code,
  };
}
