// Compiles what Angular's packages leave to their user's build.
import '@angular/compiler';
import { HttpClient, HttpErrorResponse, provideHttpClient } from '@angular/common/http';
import { createEnvironmentInjector, Injector, provideZonelessChangeDetection, ɵINJECTOR_SCOPE } from '@angular/core';
import type { EnvironmentInjector } from '@angular/core';
import { connection } from './expected.js';
import { Api } from './ng-openapi-gen/api.js';
import { batchGetTasks, getTask } from './ng-openapi-gen/functions.js';
import type { Problem } from './ng-openapi-gen/models.js';

/** What bootstrapping an application would provide, without a page to bootstrap it in. */
const injector = createEnvironmentInjector(
  [{ provide: ɵINJECTOR_SCOPE, useValue: 'root' }, provideZonelessChangeDetection(), provideHttpClient()],
  Injector.NULL as EnvironmentInjector,
);

export default connection((rootUrl = '') => {
  const api = new Api({ rootUrl }, injector.get(HttpClient));
  return {
    task: (provider, id) => api.invoke(getTask, { provider, id }),
    problem: (provider, id) =>
      api.invoke(getTask, { provider, id }).then(
        () => undefined,
        (failure: unknown) => (failure instanceof HttpErrorResponse ? (failure.error as Problem) : undefined),
      ),
    batch: async (body) => (await api.invoke(batchGetTasks, { body })).items,
  };
});
