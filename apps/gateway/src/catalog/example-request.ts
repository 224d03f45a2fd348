import type { Provider } from '@gateway/tasks';
import { EXAMPLE } from '../tasks/batch.dto.js';
import { taskPath } from '../tasks/task-body.js';

/** What asks for a task that the provider could have. */
export function exampleRequest({ id: provider, scope, example }: Provider, region: string): string {
  const projectId = scope.includes('projectId') ? (example.projectId ?? EXAMPLE.projectId) : null;
  return taskPath({ provider, region, projectId, instanceId: example.instanceId ?? null, id: example.id });
}
