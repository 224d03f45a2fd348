import type { Region } from './watch-story.js';

/** One answer of a cloud: its service's about a task, or its identity service's about a token. */
export interface CloudAnswer {
  readonly by: 'service' | 'identity';
  readonly replica: number;
  /** Null for the gateway's own credential. */
  readonly token: string | null;
  /** That was asked about, or that the token is of. */
  readonly project: string;
  readonly task: string;
  readonly status: number;
  /** Of the task, where it was told. */
  readonly revision: number;
  /** Places among all that happened. */
  readonly arrived: number;
  readonly answered: number;
  /** Since then the replica knows; infinite until that is sure. */
  heard: number;
}

/** What was answered before it began counts no more since all know of it. */
export interface Ended {
  /** Whose proofs these are, or what of a task is stored; null for all. */
  readonly of: string | null;
  readonly began: number;
  readonly known: number;
}

export interface History {
  readonly answers: readonly CloudAnswer[];
  /** Proofs, by token. */
  readonly voided: readonly Ended[];
  /** What is stored, by region and task. */
  readonly purged: readonly Ended[];
}

/** Who reads. */
export interface Reader {
  readonly replica: number;
  readonly token: string;
  readonly region: Region;
  readonly project: string;
}

/** One state of a task that a reader was shown, or that it is as the reader knows it. */
export interface Shown {
  readonly task: string;
  readonly project: string;
  /** Null where it was not said. */
  readonly revision: number | null;
  readonly place: number;
  /** What all know by this place counts: that where it was shown, or where it was asked for by who does not wait. */
  readonly asOf: number;
}

/** What is wrong with a state that was shown; null where a `GET` of that moment would have shown it. */
export function wrongWith(reader: Reader, shown: Shown, history: History): string | null {
  const { project, task, revision, asOf } = shown;
  if (project !== reader.project) return `shows ${project}`;
  if (!mayRead(reader, shown, history)) return `shows ${task} without a right to it`;
  const { answers, purged } = history;
  const told = answers.filter((one) => one.task === task && one.revision === revision && isOf(one, reader.region));
  if (revision !== null && told.length === 0) return `shows ${task} as nobody was told`;
  const isOld = ({ of, began, known }: Ended) =>
    of === `${reader.region} ${task}` && known < asOf && told.every(({ answered }) => answered < began);
  return revision !== null && purged.some(isOld) ? `shows ${task} as it was before a purge` : null;
}

/** Whether a state is older than another beyond doubt: it was last told before anybody asked for the other. */
export function isOlder(region: Region, task: string, one: number, other: number, { answers }: History): boolean {
  const about = answers.filter((answer) => answer.task === task && isOf(answer, region));
  const lastTold = Math.max(...about.filter(({ revision }) => revision === one).map(({ answered }) => answered));
  const firstAsked = Math.min(...about.filter(({ revision }) => revision === other).map(({ arrived }) => arrived));
  return one < other && lastTold < firstAsked;
}

/** Whether a status was earned by this reader: nobody is refused for another's sake. */
export function isGrounded(status: number, { token, region }: Reader, { answers }: History): boolean {
  const isTold = (by: CloudAnswer['by'], wanted: number): boolean =>
    answers.some((one) => one.by === by && one.token === token && one.status === wanted);
  if (status === 403 && region === 'shared') return isTold('identity', 200);
  if (status === 404) return false;
  if (![401, 403, 429].includes(status)) return true;
  return isTold('service', status) || isTold('identity', status);
}

function mayRead(reader: Reader, { place, asOf }: Shown, { answers, voided }: History): boolean {
  const by = reader.region === 'own' ? 'service' : 'identity';
  const own = answers.filter((one) => one.by === by && one.token === reader.token && one.project === reader.project);
  return own.some(({ status, answered, heard }) => {
    if (status !== 200 || answered > place) return false;
    // A proof lives from when the answer is heard: one that is on its way while the clock moves does not end by that.
    const isOver = ({ of, began, known }: Ended): boolean =>
      known < asOf && (of === null ? heard < began : of === reader.token && answered < began);
    if (voided.some(isOver)) return false;
    // The same replica has heard a "no" that was asked for after this "yes" had been given.
    return !own.some(
      (no) =>
        by === 'service' &&
        no.replica === reader.replica &&
        (no.status === 401 || no.status === 403) &&
        no.arrived > answered &&
        no.heard < asOf,
    );
  });
}

function isOf({ by, token }: CloudAnswer, region: Region): boolean {
  return by === 'service' && (token === null) === (region === 'shared');
}
