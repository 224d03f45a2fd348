import { asObject, asText, errorRules, parseTime, taskTypesOf, textOrNull } from '@gateway/tasks';
import { actionProvider, resourceOf } from '../families/action.js';

const MEMBERS = { regionSlug: textOrNull('Short name of the region where the resource is, such as fra1.') };

const TITLES = {
  create: 'Creation of a resource',
  power_on: 'Droplet switched on',
  power_off: 'Droplet switched off',
  power_cycle: 'Droplet switched off and on',
  shutdown: 'Shutdown of a Droplet',
  reboot: 'Restart of a Droplet',
  restore: 'Restoration of a Droplet',
  rebuild: 'Droplet built anew',
  rename: 'Change of the name of a Droplet',
  resize: 'Change of the size of a resource',
  snapshot: 'Snapshot of a Droplet',
  enable_backups: 'Backups switched on',
  disable_backups: 'Backups switched off',
  change_kernel: 'Change of the kernel of a Droplet',
  password_reset: 'Reset of the password of a Droplet',
  transfer: 'Image transferred to another region',
  convert: 'Backup made a snapshot',
  attach_volume: 'Volume attached to a Droplet',
  detach_volume: 'Volume detached from a Droplet',
  assign_ip: 'Reserved address assigned',
};

/** DigitalOcean: actions of Droplets, images, volumes and reserved addresses. They never tell why they failed. */
export const DIGITALOCEAN = actionProvider({
  id: 'digitalocean',
  title: 'DigitalOcean actions',
  service: { digitalocean: 'digitalocean' },
  example: { id: '2019384751' },
  path: '/v2/actions/{id}',
  statuses: { 'in-progress': 'running', completed: 'succeeded', errored: 'failed' },
  taskTypes: taskTypesOf(TITLES, MEMBERS),
  results: [{ kind: 'digitalocean.action', types: 'any', members: MEMBERS }],
  read: (action) => ({
    type: asText(action['type']),
    startedAt: parseTime(action['started_at'], ['iso']),
    endedAt: parseTime(action['completed_at'], ['iso']),
    // The short name alone may be left out.
    result: { regionSlug: asText(action['region_slug']) ?? asText(asObject(action['region'])['slug']) },
    resources: resourceOf(action['resource_type'], action['resource_id']),
  }),
  errors: errorRules([
    ['unauthorized', 401, 'upstream-credentials-rejected', 'DigitalOcean did not accept the token.'],
    ['forbidden', 403, 'permission-denied', 'The token may not read actions of its account.'],
    ['not_found', 404, 'task-not-found', 'The account of the token has no action with this id.'],
    ['too_many_requests', 429, 'upstream-throttled', 'The token has used up its requests.'],
    ['server_error', 500, 'upstream-error', 'DigitalOcean had an internal error.'],
  ]),
  rateLimit: { remaining: 'ratelimit-remaining', reset: 'ratelimit-reset' },
  poll: { minSeconds: 2, maxSeconds: 15 },
  documentation: 'https://docs.digitalocean.com/reference/api/digitalocean/#tag/Actions/operation/actions_get',
});
