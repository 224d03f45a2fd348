import { exported, forbidden, notFound, refused, succeeded } from './cloud.js';
import type { Answer, Behaviour, Call } from './cloud.js';

/** What the cloud's service lets each token do: read a project's tasks, or be told why not. */
export type Rights = Readonly<Record<string, readonly string[] | 'nothing'>>;

/** A service that answers each token by its rights: 401 for one that it does not know, 403 beyond its projects. */
export function byRights(rights: Rights, found: (call: Call) => Answer = task): Behaviour {
  return (call) => {
    const projects = rights[call.token ?? ''];
    if (projects === undefined) return refused;
    if (projects === 'nothing' || !projects.includes(call.project)) return forbidden;
    return found(call);
  };
}

function task(call: Call): Answer {
  if (call.id.startsWith('missing')) return notFound;
  return call.service === 'apig' ? exported(call) : succeeded(call);
}
