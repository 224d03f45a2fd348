import { createScriptTransformer } from '@jest/transform';
import circus from 'jest-circus/runner';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { setGlobals } from './globals.js';
import { loadTypeScript } from './loader.js';

const require = createRequire(import.meta.url);

/**
 * Jest's own runner, but Node loads the modules: once for all files of tests that a worker runs. In Jest's module system
 * each file loads Nest, the gateway and what they need anew, which costs more than all tests. So modules are shared like
 * in a program: a spec that changes something global puts it back, and `--watch` would not see changes.
 */
export default async function run(globalConfig, config, environment, runtime, testPath, send) {
  loadTypeScript(await createScriptTransformer(config), runtime.getSourceMaps());
  Object.assign(runtime, {
    unstable_shouldLoadAsEsm: () => true,
    unstable_importModule: (path) => import(pathToFileURL(path).href),
    requireInternalModule: requireAnew,
    setGlobalsForRuntime: (globals) =>
      setGlobals({ ...globals, jest: runtime.requireModuleOrMock(testPath, '@jest/globals').jest }),
  });
  return circus.default(globalConfig, config, environment, runtime, testPath, send);
}

/** What describes and runs tests remembers them: each file begins with none. */
function requireAnew(path) {
  delete require.cache[path];
  delete globalThis[Symbol.for('EVENT_HANDLERS')];
  return require(path);
}
