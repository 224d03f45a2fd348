/** Called when something may have changed: a hint to look, never more. Must not throw, and is called at once. */
export type ChangeListener = () => void;

/** Begins the message that another version of a task is stored. */
export const CHANGED_MESSAGE = 'changed';

/** @param version without a space, as in every ETag; the key may have some */
export function changedMessage(version: string, key: string): string {
  return `${CHANGED_MESSAGE} ${version} ${key}`;
}

/** Null for what is none: anybody may send anything. */
export function readChanged(message: string): { readonly version: string; readonly key: string } | null {
  const [, version, key] = /^changed (\S+) (.*)$/s.exec(message) ?? [];
  return version === undefined || key === undefined ? null : { version, key };
}

/** Who wants to hear of which task, by the key of its address. */
export class ChangeListeners {
  private readonly listeners = new Map<string, Set<ChangeListener>>();

  /** @returns ends it; to be called once */
  add(key: string, listener: ChangeListener): () => void {
    // One function may listen twice.
    const own = (): void => listener();
    const others = this.listeners.get(key) ?? new Set();
    this.listeners.set(key, others.add(own));
    return () => {
      others.delete(own);
      if (others.size === 0 && this.listeners.get(key) === others) this.listeners.delete(key);
    };
  }

  tell(key: string): void {
    for (const listener of this.listeners.get(key) ?? []) listener();
  }
}
