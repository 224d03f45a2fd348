import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const ESM = {
  supportsStaticESM: true,
  supportsDynamicImport: true,
  supportsExportNamespaceFrom: true,
  supportsTopLevelAwait: true,
};
const GLOBALS = new URL('globals.js', import.meta.url).href;
const ROOT = new URL('../../../', import.meta.url);

let transformer;
let sourceMaps;

/**
 * Sources are imported as they are written: `./x.js` means `x.ts` beside a TypeScript file, `@gateway/x` a library.
 * @param maps where the runner finds the source map of a module by its URL
 */
export function loadTypeScript(scriptTransformer, maps) {
  transformer = scriptTransformer;
  sourceMaps = maps;
}

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@jest/globals') return { url: GLOBALS, shortCircuit: true };
    const [, lib, place = ''] = /^@gateway\/([^/]+)(\/testing)?$/.exec(specifier) ?? [];
    if (lib !== undefined) return { url: new URL(`libs/${lib}/src${place}/index.ts`, ROOT).href, shortCircuit: true };
    if (!context.parentURL?.endsWith('.ts') || !/^\.{1,2}\/.*\.js$/.test(specifier)) return next(specifier, context);
    try {
      return next(specifier.replace(/js$/, 'ts'), context);
    } catch {
      return next(specifier, context);
    }
  },
  load(url, context, next) {
    if (!url.endsWith('.ts')) return next(url, context);
    const path = fileURLToPath(url);
    const { code, sourceMapPath } = transformer.transform(path, ESM, readFileSync(path, 'utf8'));
    sourceMaps.set(url, sourceMapPath);
    return { source: code, format: 'module', shortCircuit: true };
  },
});
