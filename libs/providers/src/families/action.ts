import { asObject, asText, completeTask, isObject, statusOf } from '@gateway/tasks';
import type { JsonObject, PartialTask, Provider, TaskResource } from '@gateway/tasks';

type Shared = 'scope' | 'idPattern' | 'limits' | 'retentionSeconds' | 'visibilitySeconds' | 'normalize';

/** What a cloud of the family adds to it. */
export interface ActionCloud extends Omit<Provider, Shared> {
  /** Reads an action, but for its id and status. */
  readonly read: (action: JsonObject) => Omit<PartialTask, 'id' | 'status' | 'upstreamStatus'>;
}

/** Describes a cloud whose tasks are actions with a number for an id; its token alone says whose they are. */
export function actionProvider({ read, ...cloud }: ActionCloud): Provider {
  return {
    ...cloud,
    scope: [],
    idPattern: /^[1-9]\d{0,15}$/,
    limits: { bodyBytes: 256 * 1024 },
    retentionSeconds: null,
    visibilitySeconds: 0,
    normalize(body) {
      const action = asObject(body)['action'];
      if (!isObject(action)) return { kind: 'unrecognized' };
      const id = asText(action['id']) ?? '';
      const upstreamStatus = asText(action['status']) ?? '';
      const status = statusOf(cloud.statuses, upstreamStatus);
      return { kind: 'task', task: completeTask({ ...read(action), id, status, upstreamStatus }), artifact: null };
    },
  };
}

/** A resource by the cloud's own word for its type; none where either member is missing. */
export function resourceOf(type: unknown, id: unknown): readonly TaskResource[] {
  const [word, number] = [asText(type), asText(id)];
  return word === null || number === null ? [] : [{ type: word.replaceAll('_', '-'), id: number }];
}
