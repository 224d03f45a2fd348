import type { AccessMode } from '../config/access-config.js';

type Handler = (...parameters: never[]) => unknown;

const PUBLIC_HANDLERS = new WeakMap<object, readonly AccessMode[] | 'every mode'>();

/**
 * Lets a handler be asked without credentials, in the named modes or in every one. A handler without this decorator is
 * guarded. For methods only: a class could be inherited from, and open more than it shows.
 */
export function Public(...modes: readonly AccessMode[]) {
  return <T extends Handler>(_target: object, _name: string | symbol, { value }: TypedPropertyDescriptor<T>): void => {
    if (value !== undefined) PUBLIC_HANDLERS.set(value, modes.length === 0 ? 'every mode' : modes);
  };
}

/** Whether a handler needs no credentials in this mode. */
export function isPublic(handler: object, mode: AccessMode): boolean {
  const modes = PUBLIC_HANDLERS.get(handler);
  return modes !== undefined && (modes === 'every mode' || modes.includes(mode));
}
