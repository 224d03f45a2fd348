import { createApi, fetchBaseQuery } from '@reduxjs/toolkit/query';

export const base = { url: '' };

/** The `apiFile` of the configuration: generated endpoints are added to it. */
export const emptyApi = createApi({
  baseQuery: (...asked) => fetchBaseQuery({ baseUrl: base.url })(...asked),
  endpoints: () => ({}),
});
