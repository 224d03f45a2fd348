import { configureStore } from '@reduxjs/toolkit';
import { connection } from './expected.js';
import { base, emptyApi } from './rtk-query-api.js';
import { api } from './rtk-query/client.js';
import type { Problem } from './rtk-query/client.js';

export default connection((baseUrl) => {
  base.url = baseUrl ?? '';
  const store = configureStore({
    reducer: { [emptyApi.reducerPath]: emptyApi.reducer },
    middleware: (defaults) => defaults().concat(emptyApi.middleware),
  });
  const { getTask, batchGetTasks } = api.endpoints;
  return {
    task: async (provider, id) => (await store.dispatch(getTask.initiate({ provider, id }))).data,
    async problem(provider, id) {
      const { error } = await store.dispatch(getTask.initiate({ provider, id }));
      return error !== undefined && 'data' in error ? (error.data as Problem) : undefined;
    },
    batch: async (batchGetRequest) => (await store.dispatch(batchGetTasks.initiate({ batchGetRequest }))).data?.items,
  };
});
