import { LRUCache } from 'lru-cache';

/** Remembers so many entries at most, those used last. Told `max` instead, the cache would make room for all at start: 20 ms. */
export function entries<Value extends object | number>(most: number): LRUCache<string, Value> {
  return new LRUCache<string, Value>({ maxSize: most, sizeCalculation: () => 1 });
}
