/**
 * What the client does against a running gateway; the same in Node and in a browser. It returns what it saw.
 * @param {typeof import('../../libs/client/src/index.js')} library
 * @param {() => Promise<void>} tick called instead of each pause
 */
export async function scenario({ ConnectionError, ProblemError, TaskClient }, { baseUrl, refs }, tick) {
  const client = new TaskClient({ baseUrl, transport: 'poll', sleep: tick });
  const updates = [];
  const waited = await client.waitForTask(refs.running, { onUpdate: ({ status }) => updates.push(status) });
  const batch = await client.batchGetTasks({ tasks: [refs.exported, refs.missing], view: 'basic' });
  const file = await client.getTaskArtifact(refs.exported);
  const problem = await client.getTask(refs.missing).catch((error) => error);
  const lost = await new TaskClient({ baseUrl: 'http://127.0.0.1:1' }).getTask(refs.missing).catch((error) => error);
  const controller = new AbortController();
  controller.abort(new Error('enough'));
  const stopped = await client.waitForTask(refs.missing, { signal: controller.signal }).catch((error) => error);
  return {
    updates,
    outcome: waited.outcome,
    batch: batch.items.map(({ status }) => status),
    file: [file.name, file.type, await file.text()],
    problem: [problem instanceof ProblemError, problem.code, problem.problem?.requestId.length > 0],
    lost: lost instanceof ConnectionError,
    stopped: stopped.message,
  };
}
