import { ConnectionError, ProblemError } from './index.js';
import type { Task, TaskClient, TaskLink, TaskReference, WaitOptions } from './index.js';

/** `['task-gateway']` is the beginning of all. */
export type TaskQueryKey = readonly [
  'task-gateway',
  baseUrl: string,
  ref: TaskReference | TaskLink,
  view: 'full' | 'basic',
];

/** What a query function is called with, as far as this one uses it. */
interface QueryContext {
  readonly client: { setQueryData(key: TaskQueryKey, task: Task): unknown };
  readonly queryKey: TaskQueryKey;
  readonly signal: AbortSignal;
}

/** For `useQuery`, `queryOptions` and their likes, of the adapter for any framework. */
export interface TaskQueryOptions {
  readonly queryKey: TaskQueryKey;
  readonly queryFn: (context: QueryContext) => Promise<Task>;
  readonly staleTime: (query: { readonly state: { readonly data: Task | undefined } }) => number;
  readonly retry: (failureCount: number, error: Error) => boolean;
}

/**
 * A query of TanStack Query 5 for a task as it lives: `data` is each of its states, from the first on, and the query goes on
 * fetching until the task is done. The wait ends when the last component that shows it is gone. A task that is done stays
 * fresh until it is invalidated. Lookups that cannot succeed are not retried.
 */
export function taskQueryOptions(
  client: TaskClient,
  ref: TaskReference | TaskLink,
  { view = 'full', patience }: Pick<WaitOptions, 'view' | 'patience'> = {},
): TaskQueryOptions {
  // Named anew: a version, or whatever else the caller's object holds, makes no other query.
  const { provider, id, region, projectId, instanceId } = ref as TaskReference;
  const named = 'self' in ref ? { self: ref.self } : { provider, id, region, projectId, instanceId };
  return {
    queryKey: ['task-gateway', client.baseUrl, named, view],
    queryFn: ({ client: cache, queryKey, signal }) =>
      client.waitForTask(named, {
        signal,
        view,
        patience,
        onUpdate: (task) => void cache.setQueryData(queryKey, task),
      }),
    staleTime: ({ state }) => (state.data?.done === true ? Infinity : 0),
    retry: (failureCount, error) =>
      failureCount < 3 && (error instanceof ConnectionError || (error instanceof ProblemError && error.retryable)),
  };
}
