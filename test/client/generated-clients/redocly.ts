import { ApiError, batchGetTasks, configure, getTask } from './redocly/client.js';
import type { Problem } from './redocly/client.js';
import { BATCH, FAILED, MISSING, SUCCEEDED } from './reads.js';
import type { Reads } from './reads.js';

export async function read(baseUrl: string | undefined): Promise<Reads> {
  if (baseUrl !== undefined) configure({ serverUrl: baseUrl });
  const task = await getTask({ path: { provider: 'apig', id: SUCCEEDED } });
  const failed = await getTask({ path: { provider: 'apig', id: FAILED } });
  const batch = await batchGetTasks({ body: BATCH });
  const problem = await getTask({ path: { provider: 'apig', id: MISSING } }).then(
    () => undefined,
    (error: unknown) => (error instanceof ApiError ? (error.body as Problem) : undefined),
  );
  return {
    groupId: task.result?.apigImport?.groupId,
    failure: failed.error?.code,
    batch: batch.items.map((item) => [item.status, item.kind === 'task' ? item.task.status : item.problem.code]),
    problem: problem?.code,
  };
}
