import { readFileSync } from 'node:fs';

// Not a literal: the static checks run before anything is built.
const { DMS } = await import(new URL('../../../dist/libs/providers/src/dms/dms.provider.js', import.meta.url));

/** What the gateway answers about the task of the bench. */
export const payload = readFileSync(process.env.PAYLOAD);
const template = JSON.parse(payload);
const { projectId, instanceId } = template.scope;

/** The address of the task at the upstream. */
export function upstreamUrl(id) {
  return `${process.env.UPSTREAM}/v2/${projectId}/instances/${instanceId}/tasks/${id}`;
}

/** The id in the path of a request. */
export function idOf(url) {
  return url.slice(url.lastIndexOf('/') + 1);
}

/** What the gateway would make of an upstream's body: the same normalization, and the members around it. */
export function taskOf(body, id) {
  return { ...template, ...DMS.normalize(body, id).task };
}

/** Tells the bench where this server listens, and ends with the bench. */
export function ready(port) {
  process.once('disconnect', () => process.exit(0));
  process.send({ url: `http://127.0.0.1:${port}` });
}

/** Listens with a backlog that takes a thousand callers at once. */
export const ADDRESS = { port: 0, host: '127.0.0.1', backlog: 4096 };
