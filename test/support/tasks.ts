import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import { findProvider, PROVIDERS } from '@gateway/providers';
import { hostLabel, taskResult } from '@gateway/tasks';
import type { Provider, Task, TaskData, TaskScope } from '@gateway/tasks';
import { cloudOf } from '@gateway/upstream';
import type { RegionSettings } from '@gateway/upstream';
import { parse } from 'yaml';
import type { Reply } from './http-client.js';

type DemoRegion = Pick<RegionSettings, 'name' | 'cloud'> & { readonly projectId?: string };
interface Demo {
  readonly regions: readonly [DemoRegion & { readonly projectId: string }, ...DemoRegion[]];
  readonly providers: readonly { readonly id: string; readonly instanceId?: string }[];
}
const demo = parse(readFileSync('config/demo.yaml', 'utf8')) as Demo;
export const [{ name: REGION, projectId: PROJECT }] = demo.regions;

const regionsWith = (provider: Provider): readonly DemoRegion[] =>
  demo.regions.filter((region) => hostLabel(provider, cloudOf(region)) !== null);

/** Names of the demo's regions whose cloud has a provider. */
export function regionsOf(id: string): readonly string[] {
  return regionsWith(findProvider(id) as Provider).map(({ name }) => name);
}

/** Scope of every provider's tasks, as the demo has it. */
export const SCOPES: Readonly<Record<string, TaskScope>> = Object.fromEntries(
  PROVIDERS.map((provider) => {
    const { id, scope } = provider;
    const [region] = regionsWith(provider);
    return [
      id,
      {
        region: region?.name ?? null,
        projectId: scope.includes('projectId') ? (region?.projectId ?? null) : null,
        instanceId: demo.providers.find((settings) => settings.id === id)?.instanceId ?? null,
      },
    ];
  }),
);
export const APIG_INSTANCE = SCOPES['apig']?.instanceId ?? '';
export const DMS_INSTANCE = SCOPES['dms']?.instanceId ?? '';

/** Query that names the whole scope, as `links` do. */
export function scopeQuery(provider: string): string {
  const members = Object.entries(SCOPES[provider] ?? {}).filter(([, value]) => value !== null);
  return `?${members.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`;
}

/** Stands for a time that this run decides. */
export const someTime = (): unknown => expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
/** Stands for a fingerprint of the task. */
export const someVersion = (): unknown => expect.stringMatching(/^[\w-]{22}$/);

export interface Presentation {
  readonly provider: string;
  /** Seconds until the next look at an unfinished task or sub-job. */
  readonly poll?: (facts: TaskData) => number;
  readonly source?: 'live' | 'cache';
  readonly hasArtifact?: boolean;
}

/** The whole Task that a caller has to get for these facts. */
export function taskOf(facts: TaskData, how: Presentation): unknown {
  const self = `/tasks/${how.provider}/${facts.id}`;
  const query = scopeQuery(how.provider);
  return {
    ...memberOf(facts, how),
    children: descendants(facts).map((child) => memberOf(child, how)),
    view: 'full',
    links: { self: self + query, ...(how.hasArtifact === true ? { artifact: `${self}/artifact${query}` } : {}) },
  };
}

function descendants({ children }: TaskData): readonly TaskData[] {
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function memberOf(task: TaskData, how: Presentation): object {
  const { children: _children, ...facts } = task;
  const results = PROVIDERS.find(({ id }) => id === how.provider)?.results ?? [];
  return {
    ...facts,
    provider: how.provider,
    scope: SCOPES[how.provider],
    result: facts.result === null ? null : taskResult(results, facts.type, facts.result),
    observedAt: someTime(),
    source: how.source ?? 'live',
    pollAfterSeconds: facts.done ? null : (how.poll?.(task) ?? null),
    version: someVersion(),
  };
}

/** Matches this task looked at another time. */
export function lookedAtAgain(task: Task): unknown {
  const children = task.children.map((child) => ({ ...child, observedAt: someTime() }));
  return { ...task, observedAt: someTime(), children };
}

/** The Task of a reply that has one. */
export function taskIn({ status, body }: Reply): Task {
  expect(status).toBe(200);
  return body as Task;
}
