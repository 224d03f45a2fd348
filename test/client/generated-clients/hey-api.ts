import { batchGetTasks, getTask } from './hey-api/index.js';
import { client } from './hey-api/client.gen.js';
import { BATCH, FAILED, MISSING, SUCCEEDED } from './reads.js';
import type { Reads } from './reads.js';

export async function read(baseUrl: string | undefined): Promise<Reads> {
  if (baseUrl !== undefined) client.setConfig({ baseUrl });
  const { data: task } = await getTask({ path: { provider: 'apig', id: SUCCEEDED } });
  const { data: failed } = await getTask({ path: { provider: 'apig', id: FAILED } });
  const { data: batch } = await batchGetTasks({ body: BATCH });
  const { error: problem } = await getTask({ path: { provider: 'apig', id: MISSING } });
  // @ts-expect-error -- an import has no file: the union is narrowed, not just loose
  if (task?.provider === 'apig' && task.type === 'import_api') void task.result?.fileName;
  return {
    groupId: task?.provider === 'apig' && task.type === 'import_api' ? task.result?.groupId : undefined,
    failure: failed?.error?.code,
    batch: (batch?.items ?? []).map((item) => [item.status, 'task' in item ? item.task.status : item.problem.code]),
    problem: problem?.code,
  };
}
