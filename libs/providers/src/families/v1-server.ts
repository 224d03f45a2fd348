import { list, text, textOrNull } from '@gateway/tasks';
import { onlyId } from './v1-job.js';
import type { V1JobService } from './v1-job.js';

/** Result and resources of v1 jobs about servers, bare or not, and their network interfaces. */
export function aboutServers(kind: string, type: string): Pick<V1JobService, 'result' | 'resources'> {
  return {
    resources: { server_id: { type }, nic_id: { type: 'network-interface' } },
    result: {
      kind,
      members: {
        serverId: textOrNull(
          'Id of the server that the job made or worked on; null where it is about several or none.',
        ),
        nicId: textOrNull(
          'Id of the network interface that the job worked on; null where it is about several or none.',
        ),
        serverIds: list('Ids of all servers that the job and its sub-jobs name.', text('Id of a server.')),
      },
      read: (_entities, resources) => ({
        serverId: onlyId(resources, type),
        nicId: onlyId(resources, 'network-interface'),
        serverIds: resources.filter((resource) => resource.type === type).map(({ id }) => id),
      }),
    },
  };
}
