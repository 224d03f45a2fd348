/** Largest requests that are read, in bytes. */
export const MAX_URL_BYTES = 8 * 1024;
export const MAX_BODY_BYTES = 64 * 1024;
/** A cloud token alone may have 16,384 characters. */
export const MAX_HEADER_BYTES = 64 * 1024;
