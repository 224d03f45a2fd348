/** What `@jest/globals` stands for: bindings that follow the file of tests that runs now. */
export let describe, it, test, expect, beforeAll, beforeEach, afterEach, afterAll, jest;

export function setGlobals(globals) {
  ({ describe, it, test, expect, beforeAll, beforeEach, afterEach, afterAll, jest } = globals);
}
