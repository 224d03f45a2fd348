import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Artifact, LookupProblem, RetryAdvice, TaskData } from '@gateway/tasks';

/** One documented or seen exchange: what the upstream says, and what it means. */
export interface Fixture {
  /** File name without its ending. */
  readonly name: string;
  /** What this example shows. */
  readonly title: string;
  /** The document that it comes from, or what it was derived from. */
  readonly source: string;
  readonly request: {
    /** As the documentation writes it, with its own names in braces; at least one fixture of a provider has it. */
    readonly path?: string;
    readonly id: string;
  };
  readonly reply: { readonly status: number; readonly body: unknown };
  /** What the body means: the task, or the kind of reading that is no task. */
  readonly task?: TaskData;
  readonly reading?: 'not-found' | 'another-task' | 'unrecognized';
  readonly artifact?: Artifact;
}

/** An error body of an upstream, and what it means. */
export interface ErrorFixture {
  readonly status: number;
  readonly body: unknown;
  readonly problem: LookupProblem;
  readonly retry: RetryAdvice;
  /** Whether the table holds no such code on purpose: only the HTTP status tells. */
  readonly unmapped: boolean;
}

/** Ids of the providers that have fixtures, in alphabetical order. */
export function describedProviders(): readonly string[] {
  const folder = new URL('../', import.meta.url);
  return readdirSync(folder)
    .filter((name) => existsSync(new URL(`${name}/fixtures/`, folder)))
    .sort();
}

/** Documented failures of a provider's tasks, code and text of each, by what they mean here. */
export function loadFailures(provider: string): Readonly<Record<string, readonly (readonly [string, string])[]>> {
  const file = new URL(`../${provider}/${provider}.failures.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof loadFailures>;
}

/** The fixtures of one provider, in the order of their file names. */
export function loadFixtures(provider: string): readonly Fixture[] {
  const folder = new URL(`../${provider}/fixtures/`, import.meta.url);
  return readdirSync(folder)
    .filter((file) => /^\d\d-.*\.json$/.test(file))
    .sort()
    .map((file) => ({
      ...(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Omit<Fixture, 'name'>),
      name: file.replace(/\.json$/, ''),
    }));
}

/** The error bodies of one provider. */
export function loadErrorFixtures(provider: string): readonly ErrorFixture[] {
  return readErrorFixtures(new URL(`../${provider}/fixtures/errors.json`, import.meta.url));
}

type ErrorGroup = Pick<ErrorFixture, 'problem' | 'retry'> &
  Partial<Pick<ErrorFixture, 'unmapped'>> & { readonly replies: readonly Pick<ErrorFixture, 'status' | 'body'>[] };

/** Error bodies out of a file that groups them by what they mean. */
export function readErrorFixtures(file: URL): readonly ErrorFixture[] {
  const groups = JSON.parse(readFileSync(file, 'utf8')) as readonly ErrorGroup[];
  return groups.flatMap(({ replies, unmapped = false, ...meaning }) =>
    replies.map((reply) => ({ ...reply, ...meaning, unmapped })),
  );
}
