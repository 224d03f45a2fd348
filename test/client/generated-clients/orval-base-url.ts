/** What `baseUrl` in the configuration of orval names: its client reads it at every request. */
export const gateway = { url: '' };
