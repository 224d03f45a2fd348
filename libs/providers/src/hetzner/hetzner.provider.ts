import {
  asNumber,
  asObject,
  asObjects,
  errorRules,
  firstText,
  parseTime,
  taskError,
  taskTypesOf,
} from '@gateway/tasks';
import type { FailureTable } from '@gateway/tasks';
import { actionProvider, resourceOf } from '../families/action.js';

/** Codes of actions are not documented; these are the interface's own, and one that was seen. */
const FAILURES: FailureTable = {
  codes: {
    server_does_not_exist_anymore: 'NOT_FOUND',
    timeout: 'TIMED_OUT',
    resource_limit_exceeded: 'QUOTA_EXCEEDED',
    resource_unavailable: 'QUOTA_EXCEEDED',
    no_space_left_in_location: 'QUOTA_EXCEEDED',
    conflict: 'CONFLICT',
    locked: 'CONFLICT',
    resource_in_use: 'CONFLICT',
    service_error: 'UPSTREAM_FAULT',
    server_error: 'UPSTREAM_FAULT',
  },
};

/** Hetzner Cloud, and Storage Boxes below another host: actions. */
export const HETZNER = actionProvider({
  id: 'hetzner',
  title: 'Hetzner Cloud actions',
  service: { hetzner: 'hetzner' },
  example: { id: '581920441' },
  path: '/v1/actions/{id}',
  statuses: { running: 'running', success: 'succeeded', error: 'failed' },
  taskTypes: taskTypesOf({
    create_server: 'Creation of a server',
    start_server: 'Start of a server',
    poweroff: 'A server switched off',
    change_server_type: 'Change of the type of a server',
    create_image: 'Creation of an image',
    attach_volume: 'Volume attached to a server',
    change_protection: 'Change of the protection of a resource',
  }),
  read: (action) => {
    const error = asObject(action['error']);
    const percent = asNumber(action['progress']);
    return {
      type: firstText(action, 'command'),
      progress: percent === null ? null : { percent, step: null },
      startedAt: parseTime(action['started'], ['iso']),
      endedAt: parseTime(action['finished'], ['iso']),
      // Also sent about actions that run or succeeded, where it means nothing.
      error: taskError(firstText(error, 'code'), firstText(error, 'message'), FAILURES),
      resources: asObjects(action['resources']).flatMap(({ type, id }) => resourceOf(type, id)),
    };
  },
  errors: errorRules([
    ['unauthorized', 401, 'upstream-credentials-rejected', 'Hetzner did not accept the token.'],
    ['forbidden', 403, 'permission-denied', 'The token may not read actions of its project.'],
    ['not_found', 404, 'task-not-found', 'The project of the token has no action with this id.'],
    ['method_not_allowed', 405, 'upstream-misconfigured', 'The address of the request cannot be read at Hetzner.'],
    ['deprecated_api_endpoint', 410, 'upstream-misconfigured', 'Hetzner has taken this interface back.'],
    ['invalid_input', 422, 'validation-failed', 'Hetzner found a parameter that is not valid.'],
    ['rate_limit_exceeded', 429, 'upstream-throttled', 'The project of the token has used up its requests.'],
    ['maintenance', 403, 'upstream-unavailable', 'Hetzner is being maintained.'],
    ['unavailable', 503, 'upstream-unavailable', 'Hetzner is not available.'],
    ['service_error', 422, 'upstream-error', 'A service of Hetzner had an error.'],
    ['server_error', 500, 'upstream-error', 'Hetzner had an internal error.'],
    ['timeout', 504, 'upstream-timeout', 'Hetzner did not find an answer in time.'],
    ['bad_gateway', 502, 'upstream-unavailable', 'Hetzner could not reach the service behind its front.'],
  ]),
  poll: { minSeconds: 1, maxSeconds: 10 },
  documentation: 'https://docs.hetzner.cloud/reference/cloud#tag/actions',
});
