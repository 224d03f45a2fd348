import { startCloud } from '../../sharing/support/cloud.js';
import type { Answer, Call, Cloud } from '../../sharing/support/cloud.js';
import { startLocal } from '../../sharing/support/replicas.js';
import type { LocalReplica, ReplicaOptions } from '../../sharing/support/replicas.js';
import { openStream } from '../../support/stream-reader.js';
import type { StreamReader } from '../../support/stream-reader.js';

export const PROJECT = 'project-1';
export const INSTANCE = 'instance-1';

/** A cloud whose tasks say what a test gives them, and a gateway before it. */
export interface FollowedCloud {
  readonly cloud: Cloud;
  readonly gateway: LocalReplica;
  /** What is said about a task from now on; `running` where nothing is. */
  readonly say: (id: string, answer: string | Answer) => void;
  /** Says it, and has somebody ask: whoever follows the task hears of it. */
  readonly change: (id: string, word: string) => Promise<void>;
  /** Opens a stream; closed after the test. */
  readonly open: (path: string, headers?: Readonly<Record<string, string>>, body?: object) => Promise<StreamReader>;
  readonly close: () => Promise<void>;
}

const APIG_WORDS: Readonly<Record<string, string>> = { RUNNING: 'processing', SUCCESS: 'succeed', FAIL: 'failed' };

export async function startFollowedCloud(options: Partial<ReplicaOptions> = {}): Promise<FollowedCloud> {
  const said = new Map<string, string | Answer>();
  const answer = ({ service, id, project }: Call): Answer => {
    const what = said.get(id) ?? 'RUNNING';
    if (typeof what !== 'string') return what;
    const body =
      service === 'apig'
        ? { task_id: id, task_status: APIG_WORDS[what], task_type: 'import_api', task_result: '{}' }
        : { job_id: id, status: what, job_type: project, entities: {} };
    return { status: 200, body };
  };
  const cloud = await startCloud(answer);
  const gateway = await startLocal({ cloud: cloud.url, ...options });
  const readers: StreamReader[] = [];
  const say = (id: string, what: string | Answer): void => void said.set(id, what);
  return {
    cloud,
    gateway,
    say,
    async change(id, word) {
      say(id, word);
      await gateway.ask({ path: pathOf(id), headers: { 'cache-control': 'no-cache' } });
    },
    async open(path, headers = {}, body) {
      const reader = await openStream(gateway.port, {
        path,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      });
      readers.push(reader);
      return reader;
    },
    async close() {
      for (const reader of readers) reader.close();
      await gateway.close();
      await cloud.close();
    },
  };
}

/** A task that is asked for with the gateway's credential, or with the caller's own where the region is `own`. */
export function referenceOf(id: string, region = 'shared') {
  return { provider: 'ims', id, region, projectId: PROJECT };
}

export function pathOf(id: string, suffix = '', region = 'shared'): string {
  return `/tasks/ims/${id}${suffix}?region=${region}&projectId=${PROJECT}`;
}

/** As {@link pathOf}, of a provider that is asked every two seconds. */
export function quickPathOf(id: string, suffix = '/events', region = 'shared'): string {
  return `/tasks/apig/${id}${suffix}?region=${region}&projectId=${PROJECT}&instanceId=${INSTANCE}`;
}
