import { asNumber, asObject, asText, list, nullable, object, textOrNull } from '@gateway/tasks';
import type { JsonObject } from '@gateway/tasks';
import type { V3JobService } from './v3-job.js';

const sizeGb = (description: string) => ({ type: ['number', 'null'], description });

/** What the services with `entities` say in them of an instance: each type of task a part of it. */
export function instanceResult(provider: string): NonNullable<V3JobService['result']> {
  return {
    kind: `${provider}.instance`,
    members: {
      endpoint: textOrNull('Address and port of a new instance, as host:port.'),
      kind: textOrNull('Kind of a new instance in lower case, such as single, ha, replica or cluster.'),
      engine: textOrNull('Database engine of a new instance.'),
      engineVersion: textOrNull('Version of that engine.'),
      primaryInstanceId: textOrNull('Id of the instance that a new read replica follows.'),
      publicAddress: textOrNull('Public address that was bound or unbound.'),
      volume: nullable(
        object('Storage that was scaled up; null where the task was about something else.', {
          type: textOrNull('Type of the storage.'),
          originalSizeGb: sizeGb('Size before, in GB.'),
          targetSizeGb: sizeGb('Size that the task was to reach, in GB.'),
        }),
      ),
      switchStrategy: textOrNull('Policy of a switchover between primary and standby.'),
      resourceIds: list('Ids of the machines and volumes that the task was about.', { type: 'string' }),
    },
    read(entities) {
      const instance = asObject(entities['instance']);
      const datastore = asObject(instance['datastore']);
      const ids = entities['resource_ids'];
      return {
        endpoint: asText(instance['endpoint']),
        kind: asText(instance['type'])?.toLowerCase() ?? null,
        engine: asText(datastore['type']),
        engineVersion: asText(datastore['version']),
        primaryInstanceId: asText(instance['replica_of']),
        publicAddress: asText(entities['public_ip']),
        volume: readVolume(asObject(entities['volume'])),
        switchStrategy: asText(entities['switch_strategy']),
        resourceIds: Array.isArray(ids) ? ids.flatMap((id) => asText(id) ?? []) : [],
      };
    },
  };
}

function readVolume(volume: JsonObject): JsonObject | null {
  if (Object.keys(volume).length === 0) return null;
  const { type, original_size: original, target_size: target } = volume;
  return { type: asText(type), originalSizeGb: asNumber(original), targetSizeGb: asNumber(target) };
}
