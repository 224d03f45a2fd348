import { ApiError, batchGetTasks, configure, getTask } from './redocly/client.js';
import type { ApigImportApiTask, Problem } from './redocly/client.js';
import { BATCH, FAILED, MISSING, SUCCEEDED } from './reads.js';
import type { Reads } from './reads.js';

export async function read(baseUrl: string | undefined): Promise<Reads> {
  if (baseUrl !== undefined) configure({ serverUrl: baseUrl });
  // This generator takes a discriminator for a hint: the open fallback stays in the union, so the type has to be named.
  const task = await getTask({ path: { provider: 'apig', id: SUCCEEDED } });
  const imported = task.provider === 'apig' && task.type === 'import_api' ? (task as ApigImportApiTask) : undefined;
  const failed = await getTask({ path: { provider: 'apig', id: FAILED } });
  const batch = await batchGetTasks({ body: BATCH });
  const problem = await getTask({ path: { provider: 'apig', id: MISSING } }).then(
    () => undefined,
    (error: unknown) => (error instanceof ApiError ? (error.body as Problem) : undefined),
  );
  return {
    groupId: imported?.result?.groupId,
    failure: failed.error?.code,
    batch: batch.items.map((item) => [item.status, 'task' in item ? item.task.status : item.problem.code]),
    problem: problem?.code,
  };
}
