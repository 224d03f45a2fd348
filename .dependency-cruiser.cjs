/** Who may import whom; CONTRIBUTING.md gives the reasons. */
const npm = (...names) => names.map((name) => `(^|/)node_modules/${name}/`).join('|');
const nest = npm('@nestjs/(common|core)', 'reflect-metadata', 'rxjs');
const settings = npm('class-(validator|transformer)');
const lib = (name) => `^libs/${name}/src/`;

/** Built-in modules are everybody's, except where a rule says otherwise. */
const only = (name, from, allowed, builtins = true) => ({
  name,
  severity: 'error',
  from: { path: from.path, pathNot: from.pathNot ?? '\\.spec\\.ts$|/testing/' },
  to: { pathNot: allowed.join('|'), ...(builtins ? { dependencyTypesNot: ['core'] } : {}) },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-cycles-of-folders', severity: 'error', scope: 'folder', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('tasks-imports-nothing', { path: lib('tasks') }, [lib('tasks')], false),
    only('providers-import-tasks', { path: lib('providers') }, [lib('tasks'), '^libs/providers/src/'], false),
    only('async-imports-nothing', { path: lib('async') }, [lib('async')], false),
    {
      name: 'providers-do-not-know-each-other',
      severity: 'error',
      from: { path: '^libs/providers/src/(?!testing/)([^/]+)/' },
      to: { path: '^libs/providers/src/(?!testing/|families/)[^/]+/', pathNot: '^libs/providers/src/$1/' },
    },
    only('settings-imports', { path: lib('settings') }, [lib('settings'), lib('tasks') + 'index', settings]),
    only('upstream-imports', { path: lib('upstream') }, [
      lib('upstream'),
      lib('(tasks|problems|async|settings)') + 'index',
      nest,
      settings,
      npm('@nestjs/axios', 'axios', 'undici', 'lru-cache'),
    ]),
    only('cache-imports', { path: lib('cache') }, [
      lib('cache'),
      lib('(tasks|redis|async|settings)') + 'index',
      nest,
      settings,
      npm('lru-cache'),
    ]),
    only('redis-imports', { path: lib('redis') }, [
      lib('redis'),
      lib('(async|settings)') + 'index',
      nest,
      settings,
      npm('ioredis'),
    ]),
    only('problems-imports', { path: lib('problems') }, [
      lib('problems'),
      nest,
      npm('@nestjs/swagger', '@nestjs/platform-fastify', 'fastify'),
    ]),
    {
      name: 'apps-use-libs-through-their-index',
      severity: 'error',
      from: { path: '^apps/' },
      to: { path: '^libs/[^/]+/src/(?!index\\.ts$|testing/index\\.ts$)' },
    },
    {
      name: 'apps-do-not-know-each-other',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    only('client-imports-nothing-of-ours', { path: lib('client') }, [lib('client'), npm('(@types/)?react')], false),
    {
      name: 'client-does-not-need-its-adapters',
      severity: 'error',
      from: { path: lib('client'), pathNot: `${lib('client')}react\\.ts$|\\.spec\\.ts$` },
      to: { path: [`${lib('client')}(react|tanstack-query)\\.ts$`, npm('(@types/)?react')].join('|') },
    },
    only('simulator-stands-alone', { path: '^apps/cloud-simulator/' }, [
      '^apps/cloud-simulator/',
      lib('tasks') + 'index',
      lib('providers') + '(testing/)?index',
    ]),
    { name: 'nothing-imports-tests', severity: 'error', from: { path: '^(apps|libs)/' }, to: { path: '^test/' } },
    {
      name: 'gateway-does-not-load-fixtures',
      severity: 'error',
      from: { path: '^apps/gateway/', pathNot: '\\.spec\\.ts$|/testing/' },
      to: { path: '/testing/' },
    },
    { name: 'nothing-imports-tools', severity: 'error', from: { path: '^(apps|libs)/' }, to: { path: '^tools/' } },
    {
      name: 'one-owner-of-axios',
      severity: 'error',
      from: { pathNot: lib('upstream') },
      to: { path: npm('axios', '@nestjs/axios') },
    },
    {
      name: 'one-owner-of-jose',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^apps/gateway/src/access/' },
      to: { path: npm('jose') },
    },
    {
      name: 'one-owner-of-opentelemetry',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^apps/gateway/src/tracing/' },
      to: { path: npm('@opentelemetry/[^/]+') },
    },
    {
      name: 'one-owner-of-prom-client',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^apps/gateway/src/metrics/' },
      to: { path: npm('prom-client') },
    },
    {
      name: 'one-owner-of-ioredis',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: lib('redis') },
      to: { path: npm('ioredis') },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // The servers that the gateway is measured beside have dependencies of their own; pages have the client as a package.
    exclude: { path: '(^|/)dist/|^test/load/peers/|^test/client/(generated-clients|pages)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
