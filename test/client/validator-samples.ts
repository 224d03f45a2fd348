import { PROVIDERS } from '@gateway/providers';
import { loadFixtures } from '@gateway/providers/testing';
import type { Gateway } from '../support/gateway.js';

export type Members = Readonly<Record<string, unknown>>;
export interface Task extends Members {
  readonly type: string | null;
  readonly scope: Members;
  readonly links: Members;
  readonly result: (Members & { readonly kind: string }) | null;
}
/** Bodies of replies. */
export interface Samples {
  readonly tasks: readonly Task[];
  readonly problems: readonly Members[];
}

export const UNDOCUMENTED = 'typeThatNobodyDocuments';

/** What the gateway makes of every fixture of every provider: as it is, and with a type of task that nobody documents. */
export async function samplesOf({ get, simulator }: Gateway): Promise<Samples> {
  const tasks: Task[] = [];
  const problems: Members[] = [];
  for (const { id: service } of PROVIDERS)
    for (const { request, reply, task } of loadFixtures(service)) {
      const text = JSON.stringify(reply.body);
      const type = task?.type ?? null;
      const texts =
        type === null ? [text] : [text, text.replaceAll(JSON.stringify(type), JSON.stringify(UNDOCUMENTED))];
      for (const played of texts) {
        simulator.control.putReply({ service, id: request.id, status: reply.status, text: played });
        const { status, body } = await get(`/tasks/${service}/${request.id}`, { 'cache-control': 'no-store' });
        if (status === 200) tasks.push(body as Task);
        else problems.push(body as Members);
      }
    }
  const { body: invalid } = await get('/tasks/apig/x?region=&view=long');
  problems.push(invalid as Members);
  return { tasks, problems };
}

/** A batch for each, about one task. */
export function batchesOf({ tasks, problems }: Samples): readonly unknown[] {
  const ref = { provider: 'apig', id: 'x' };
  const items = [
    ...tasks.map((task) => ({ kind: 'task', ref, status: 200, etag: 'W/"x"', task })),
    ...problems.map((problem) => ({ kind: 'problem', ref, status: 404, problem })),
  ];
  return items.map((item) => ({ items: [item] }));
}

/** The same as a later minor release may send it. */
export function laterSamples({ tasks, problems }: Samples): Samples {
  return {
    tasks: tasks.map((task) => ({
      ...task,
      provider: 'new-cloud',
      scope: { ...task.scope, zone: 'a' },
      result: { kind: 'newCloud.thing', newCloudThing: { size: 1 } },
      links: { ...task.links, events: '/events' },
      note: 'new',
    })),
    problems: problems.map((problem) => ({ ...problem, code: 'NEW_CODE', note: 'new' })),
  };
}

/** Tasks with results of known kinds, of which one member is missing, or a boolean; where it may be one, text. */
export function withMalformedResults({ tasks }: Samples): readonly unknown[] {
  const results = tasks.flatMap((task) => {
    const { kind, ...typed } = task.result ?? { kind: 'untyped' };
    const [[name, members] = ['', {}]] = Object.entries(typed);
    return kind === 'untyped' ? [] : [{ task, kind, name, members: members as Members }];
  });
  const isBoolean = (kind: unknown, member: string): boolean =>
    results.some((other) => other.kind === kind && typeof other.members[member] === 'boolean');
  return results.flatMap(({ task, kind, name, members }) =>
    Object.keys(members).flatMap((member) =>
      [undefined, isBoolean(kind, member) ? 'true' : true].map((wrong) => ({
        ...task,
        // Through JSON, in which undefined is missing.
        result: { kind, [name]: JSON.parse(JSON.stringify({ ...members, [member]: wrong })) as unknown },
      })),
    ),
  );
}

/** What no release of this major version sends, by what it replaces in a task. */
export const MALFORMED: Readonly<Record<string, Members>> = {
  'a status of no version': { status: 'finished' },
  'a text for a boolean': { done: 'true' },
  'an error of no code': { error: { code: 'OOPS', detail: null, upstream: { code: null } } },
  'no result at all': { result: undefined },
  'more than all of its progress': { progress: { percent: 101, step: null } },
  'a time that is none': { observedAt: 'yesterday' },
  'a resource without id': { resources: [{ type: 'image' }] },
};
