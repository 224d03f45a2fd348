type Members = Readonly<Record<string, unknown>>;
type Reports = (body: unknown, id: string) => boolean;

const flat =
  (idMember: string, member: string, ...words: readonly string[]): Reports =>
  (body, id) =>
    names(body, idMember, id) && tells(body, member, words);

/** One object with all of it, below a member of the body. */
const below =
  (owner: string, job: Reports): Reports =>
  (body, id) =>
    job(Object(body)[owner], id);

/** All entries of a list that have the id say so: one id with two states tells none of them. */
const listed =
  (owner: string, member: string, ...words: readonly string[]): Reports =>
  (body, id) => {
    const { [owner]: list } = Object(body) as Members;
    const named = (Array.isArray(list) ? list : []).filter((entry) => names(entry, 'id', id));
    return named.length > 0 && named.every((entry) => tells(entry, member, words));
  };

const v1Job = flat('job_id', 'status', 'SUCCESS');
const v3Job = (...words: readonly string[]) => below('job', flat('id', 'status', 'Completed', ...words));

/** Where services name a task and tell its state, and their words for success: read anew here, by hand. */
export const REPORTED_SUCCESS: Readonly<Record<string, Reports>> = {
  apig: flat('task_id', 'task_status', 'succeed', 'succeeded'),
  dms: listed('tasks', 'status', 'SUCCESS'),
  ims: v1Job,
  ecs: v1Job,
  evs: v1Job,
  bms: v1Job,
  sdrs: v1Job,
  vbs: v1Job,
  rds: v3Job('Complete'),
  dds: v3Job(),
  taurusdb: v3Job(),
  gaussdb: v3Job(),
  ddm: v3Job(),
  geminidb: listed('jobs', 'status', 'Completed'),
  dcs: v1Job,
  'sfs-turbo': flat('job_id', 'status', 'success'),
  dws: v1Job,
  cbr: below('operation_log', flat('id', 'status', 'success')),
  hetzner: below('action', flat('id', 'status', 'success')),
  digitalocean: below('action', flat('id', 'status', 'completed')),
  'gitlab-pipeline': flat('id', 'status', 'success'),
  'github-run': (body, id) =>
    // The conclusion counts when it is one.
    names(body, 'id', id) &&
    (tells(body, 'status', ['completed'])
      ? tells(body, 'conclusion', ['success', 'neutral'])
      : tells(body, 'status', ['success', 'neutral'])),
  cce: (body, id) => {
    const { metadata, status } = Object(body) as Members;
    // Version 2 says `status` where version 3 says `phase`.
    return names(metadata, 'uid', id) && tells(status, text(status, 'phase') === '' ? 'status' : 'phase', ['Success']);
  },
};

/** What stands there, as a word; empty where nothing does. */
function text(body: unknown, member: string): string {
  const { [member]: value } = Object(body) as Members;
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

function names(body: unknown, member: string, id: string): boolean {
  return text(body, member) === id;
}

function tells(body: unknown, member: string, words: readonly string[]): boolean {
  return words.includes(text(body, member));
}
