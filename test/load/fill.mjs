const BATCH = 100;
const PARALLEL = 4;

/** The body of a batch that asks about the tasks `{prefix}{first}` and the next ones. */
export function batchOf(prefix, first, size) {
  const tasks = Array.from({ length: size }, (_, index) => ({ provider: 'dms', id: `${prefix}${first + index}` }));
  return JSON.stringify({ tasks });
}

/** Lets a gateway see, and so keep, the tasks `{prefix}1` to `{prefix}{count}`. */
export async function fill({ url, headers: access }, prefix, count) {
  const firsts = Array.from({ length: Math.ceil(count / BATCH) }, (_, batch) => 1 + batch * BATCH);
  const headers = { ...access, 'content-type': 'application/json' };
  const work = async () => {
    for (let first = firsts.shift(); first !== undefined; first = firsts.shift()) {
      const body = batchOf(prefix, first, Math.min(BATCH, count - first + 1));
      const reply = await fetch(`${url}/tasks/batch-get`, { method: 'POST', headers, body });
      const { items } = await reply.json();
      if (!items?.every(({ status }) => status === 200)) throw new Error(`a batch failed with ${reply.status}`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}
