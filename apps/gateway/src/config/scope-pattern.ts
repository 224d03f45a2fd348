/** What a scope member may look like, in configuration and in requests. */
export const SCOPE_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
