import { expect } from '@jest/globals';
import type { Gateway } from '../../support/gateway.js';
import type { Reply } from '../../support/http-client.js';
import { taskIn } from '../../support/tasks.js';

export const aHit = (): unknown => expect.stringMatching(/^task-gateway; hit; ttl=\d+$/);

/** A new task of the image service in the state that a word says. */
export function newTask(
  gateway: Gateway,
  word = 'SUCCESS',
): { readonly path: string; readonly becomes: (word: string) => void } {
  const { id } = gateway.simulator.control.createTask({ service: 'ims' });
  const becomes = (status: string): void =>
    gateway.simulator.control.putReply({ service: 'ims', id, body: { job_id: id, status, entities: {} } });
  becomes(word);
  return { path: `/tasks/ims/${id}`, becomes };
}

/** Its status, where it is from, and what its reader is told of that. */
export function howFound(reply: Reply): readonly unknown[] {
  const { status, source } = taskIn(reply);
  return [status, source, reply.headers['cache-status']];
}
