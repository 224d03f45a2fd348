import { describe, expect, it } from '@jest/globals';
import { QueryClient, QueryObserver, queryOptions } from '@tanstack/react-query';
import { ConnectionError, UnexpectedReplyError } from './index.js';
import type { Task } from './index.js';
import { taskQueryOptions } from './tanstack-query.js';
import { done, problem, REF, running, scriptedGateways, taskEvent } from './testing/scripted-gateway.js';

const { talk } = scriptedGateways();
const known = { ...running, headers: { etag: 'W/"v1"' } };

describe('taskQueryOptions', () => {
  it('a query: resolves with the task when it is done, and had each state before', async () => {
    const { client } = await talk([known], { streams: [{ events: [taskEvent(done.body)] }] });
    const queries = new QueryClient();
    // The types fit those of an adapter.
    const options = queryOptions(taskQueryOptions(client, REF));
    const versions: unknown[] = [];
    queries.getQueryCache().subscribe(({ query }) => {
      const { data } = query.state as { readonly data: Task | undefined };
      if (data !== undefined && versions.at(-1) !== data.version) versions.push(data.version);
    });
    const task: Task = await queries.fetchQuery(options);
    expect([task, versions]).toEqual([done.body, ['v1', 'v2']]);
    expect(queries.getQueryData(options.queryKey)).toEqual(done.body);
  });

  it('a task that is done: stays fresh; one that is not does not', async () => {
    const { client } = await talk([done]);
    const queries = new QueryClient();
    const options = taskQueryOptions(client, REF);
    await queries.fetchQuery(options);
    expect(new QueryObserver(queries, options).getCurrentResult().isStale).toBe(false);
    queries.setQueryData(options.queryKey, running.body);
    expect(new QueryObserver(queries, options).getCurrentResult().isStale).toBe(true);
  });

  it('what the caller names besides the task: makes no other query', async () => {
    const { client } = await talk([]);
    const { queryKey } = taskQueryOptions(client, REF);
    expect(taskQueryOptions(client, { ...REF, version: 'v1' } as typeof REF).queryKey).toEqual(queryKey);
    expect(taskQueryOptions(client, REF, { view: 'basic' }).queryKey).not.toEqual(queryKey);
  });

  it('retry: up to three times, and only what can succeed later', async () => {
    const { client } = await talk([problem(404, { retryable: false }), problem(503, {})], { transport: 'poll' });
    const { retry } = taskQueryOptions(client, REF);
    const problems: Error[] = [];
    for (let count = 0; count < 2; count += 1) await client.getTask(REF).catch((error: Error) => problems.push(error));
    const others = [new ConnectionError('lost'), new UnexpectedReplyError('http://a.test', 200, 'a page')];
    expect([...problems, ...others].map((error) => retry(0, error))).toEqual([false, true, true, false]);
    expect([2, 3].map((failures) => retry(failures, new ConnectionError('lost')))).toEqual([true, false]);
  });
});
