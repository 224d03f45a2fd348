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
  // @ts-expect-error -- an import has no file: the result is typed, not just loose
  void task?.result?.apigImport?.fileName;
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
