import { batchGetTasks, defaults, getTask } from './oazapfts/client.js';
import { BATCH, FAILED, MISSING, SUCCEEDED } from './reads.js';
import type { Reads } from './reads.js';

export async function read(baseUrl: string | undefined): Promise<Reads> {
  if (baseUrl !== undefined) defaults.baseUrl = baseUrl;
  const task = await getTask('apig', SUCCEEDED);
  const failed = await getTask('apig', FAILED);
  const batch = await batchGetTasks(BATCH);
  const missing = await getTask('apig', MISSING);
  return {
    groupId: task.status === 200 ? task.data.result?.apigImport?.groupId : undefined,
    failure: failed.status === 200 ? failed.data.error?.code : undefined,
    batch:
      batch.status === 207
        ? batch.data.items.map((item) => [item.status, item.kind === 'task' ? item.task.status : item.problem.code])
        : [],
    problem: missing.status === 404 ? missing.data.code : undefined,
  };
}
