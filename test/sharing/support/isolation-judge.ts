import type { Reply } from '../../support/http-client.js';

/** One question about a task, by somebody. */
export interface Asked {
  readonly replica: number;
  readonly token: string;
  readonly region: 'own' | 'shared';
  readonly project: string;
  readonly task: string;
  /** Its place among all that happened. */
  readonly began: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Oldest revision that may be shown: what was stored of earlier ones has been purged. */
  readonly revision: number;
  readonly onlyIfCached: boolean;
}

/** One answer of a cloud: its service's to a caller's own token, or its identity service's about that. */
export interface CloudAnswer {
  readonly by: 'service' | 'identity';
  readonly replica: number;
  readonly token: string;
  /** That was asked about, or that the token is of. */
  readonly project: string;
  readonly status: number;
  /** Places among all that happened. */
  readonly arrived: number;
  readonly answered: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** The proofs of a token were voided, and every replica knows. */
export interface Voided {
  readonly token: string;
  readonly place: number;
}

export interface History {
  readonly answers: readonly CloudAnswer[];
  readonly voided: readonly Voided[];
  /** Whether a cloud failed at any time. */
  readonly wasDown: boolean;
  readonly proofMs: number;
  /** Whether some question was not answered before its deadline. */
  readonly tookTooLong: boolean;
}

export const secretOf = (project: string, revision: number): string => `secret-of-${project}-revision-${revision}-`;
const SECRET = /secret-of-([\w-]+?)-revision-(\d+)-/g;

/** What is wrong with a reply, given all that happened; null where its reader could have had it from the cloud. */
export function wrongWith(asked: Asked, reply: Reply, history: History): string | null {
  const { status, text, headers, body } = reply;
  const secrets = [...`${text} ${JSON.stringify(headers)}`.matchAll(SECRET)];
  const seen = new Set(secrets.map(([, project = '']) => project));
  // Also without a body: they say that there is such a task, and that it is as the reader knows it.
  if (status === 200 || status === 304) seen.add(asked.project);
  for (const project of seen) {
    if (project !== asked.project) return `shows ${project}`;
    if (!mayRead(asked, history)) return `shows ${project} without a right to it`;
  }
  for (const [, , revision] of secrets) if (Number(revision) < asked.revision) return 'shows what was purged';
  const items = (body as { items?: readonly { status: number }[] } | undefined)?.items ?? [{ status }];
  for (const item of items) if (!isGrounded(item.status, asked, history)) return `says ${item.status} without a reason`;
  return null;
}

/** Whether the cloud itself has let this reader read, lately or since it asked. */
function mayRead(asked: Asked, { answers, voided, proofMs }: History): boolean {
  return answers.some((yes) => {
    if (!isAbout(yes, asked) || yes.status !== 200) return false;
    if (yes.answered >= asked.began) return true;
    if (yes.at + proofMs < asked.at) return false;
    const between = (place: number): boolean => place > yes.arrived && place < asked.began;
    if (voided.some(({ token, place }) => token === asked.token && between(place))) return false;
    // The same replica has heard a "no" that was asked for after this "yes" had been given.
    return !answers.some(
      (no) =>
        no.replica === asked.replica &&
        isAbout(no, asked) &&
        (no.status === 401 || no.status === 403) &&
        no.by === 'service' &&
        no.arrived > yes.answered &&
        no.answered < asked.began,
    );
  });
}

function isAbout({ by, token, project }: CloudAnswer, asked: Asked): boolean {
  return by === (asked.region === 'own' ? 'service' : 'identity') && token === asked.token && project === asked.project;
}

/** Whether a status was earned by this reader: nobody is refused for another's sake, and Redis refuses nobody. */
function isGrounded(status: number, asked: Asked, { answers, wasDown, tookTooLong }: History): boolean {
  const hasAnswered = (by: CloudAnswer['by'], wanted: number): boolean =>
    answers.some((one) => one.by === by && one.token === asked.token && one.status === wanted);
  switch (status) {
    case 401:
    case 429:
      return hasAnswered(asked.region === 'own' ? 'service' : 'identity', status);
    case 403:
      // The identity service says yes to the token; that it is of another project is the gateway's own conclusion.
      return asked.region === 'own' ? hasAnswered('service', 403) : hasAnswered('identity', 200);
    case 503:
      return wasDown;
    case 504:
      return asked.onlyIfCached || tookTooLong;
    case 404:
      // No file yet.
      return true;
    default:
      return status < 400;
  }
}
