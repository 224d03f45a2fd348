import { TaskClient } from '@task-gateway/client';
import { taskQueryOptions } from '@task-gateway/client/tanstack-query';
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { createElement, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

/**
 * Shows a task by a query, twice: each thing that it shows is kept in `shown`. `leave` is for the test.
 * @param {{baseUrl: string, ref: object}} about
 */
globalThis.begin = ({ baseUrl, ref }) => {
  const client = new TaskClient({ baseUrl });
  globalThis.queries = new QueryClient();
  globalThis.shown = [];
  function Shown() {
    const { data, error, status, fetchStatus } = useQuery(taskQueryOptions(client, { ...ref }, { view: 'basic' }));
    const text = `${data?.id ?? '-'} ${status} ${fetchStatus} ${data?.status ?? '-'} ${error?.code ?? '-'}`;
    if (globalThis.shown.at(-1) !== text) globalThis.shown.push(text);
    return createElement('p', null, text);
  }
  const root = createRoot(document.getElementById('root'));
  const both = [createElement(Shown, { key: 1 }), createElement(Shown, { key: 2 })];
  root.render(
    createElement(StrictMode, null, createElement(QueryClientProvider, { client: globalThis.queries }, both)),
  );
  globalThis.leave = () => root.unmount();
};
