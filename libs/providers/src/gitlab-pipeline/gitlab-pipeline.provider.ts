import { errorRules, NO_CODE, taskTypesOf, textOrNull } from '@gateway/tasks';
import type { Provider } from '@gateway/tasks';
import { normalizePipeline, PIPELINE_STATUSES } from './gitlab-pipeline.normalize.js';

const MEMBERS = {
  ref: textOrNull('Branch or tag that the pipeline ran for.'),
  sha: textOrNull('Commit that the pipeline ran for.'),
  tag: { type: ['boolean', 'null'], description: 'Whether it ran for a tag.' },
  coverage: { type: ['number', 'null'], description: 'Test coverage in percent; null where nothing measured it.' },
  durationSeconds: { type: ['number', 'null'], description: 'Seconds in which jobs of the pipeline ran.' },
  url: textOrNull('Page of the pipeline.'),
};

const SOURCES = {
  push: 'Pipeline after a push',
  web: 'Pipeline started on a page of GitLab',
  schedule: 'Pipeline of a schedule',
  api: 'Pipeline started by a program',
  trigger: 'Pipeline started with a trigger token',
  pipeline: 'Pipeline started by one of another project',
  parent_pipeline: 'Child pipeline',
  merge_request_event: 'Pipeline of a merge request',
  external_pull_request_event: 'Pipeline of a pull request at GitHub',
  external: 'Pipeline of another service',
  chat: 'Pipeline started in a chat',
  webide: 'Pipeline started in the editor of GitLab',
};

/** Groups and projects may begin with a dot; none is one or two of them. */
const PART = String.raw`(?!\.{1,2}(?:/|$))[\w.][\w.-]*`;

/** GitLab, on its own host or at gitlab.com: pipelines. */
export const GITLAB_PIPELINE: Provider = {
  id: 'gitlab-pipeline',
  title: 'GitLab pipelines',
  service: { gitlab: 'gitlab' },
  example: { id: '1188200101', projectId: 'tools/builder' },
  path: '/api/v4/projects/{projectId}/pipelines/{id}',
  scope: ['projectId'],
  // A number, or the path of the project with all its groups.
  scopePatterns: { projectId: new RegExp(`^(?:[1-9]\\d{0,18}|(?=.{3,255}$)${PART}(?:/${PART})+)$`) },
  idPattern: /^[1-9]\d{0,18}$/,
  statuses: PIPELINE_STATUSES,
  taskTypes: taskTypesOf(SOURCES, MEMBERS),
  results: [{ kind: 'gitlab-pipeline.run', types: 'any', members: MEMBERS }],
  errors: errorRules([
    ['invalid_token', 401, 'upstream-credentials-rejected', 'The token was revoked, or has expired.'],
    [NO_CODE, 401, 'upstream-credentials-rejected', 'GitLab did not accept the token.'],
    ['insufficient_scope', 403, 'permission-denied', 'The token was not made for reading the API.'],
    [
      NO_CODE,
      403,
      'account-restricted',
      'GitLab lets the account of the token do nothing for now.',
      { message: /account (?:has been|is pending)|terms of service|email address is not confirmed|password expired/i },
    ],
    [NO_CODE, 403, 'permission-denied', 'The token may not read pipelines of the project.'],
    [
      NO_CODE,
      404,
      'scope-not-found',
      'GitLab has no such project, or the token may not see it.',
      {
        message: /^404 project not found/i,
        remedy: 'Check projectId, and whether the token is of a member of the project.',
      },
    ],
    [
      NO_CODE,
      404,
      'task-not-found',
      'The project has no such pipeline, or the token may not see it.',
      {
        message: /^404 (?:\w+ )?not found/i,
        remedy: 'Check projectId and id; the number within the project is another one.',
      },
    ],
    // Said by the front of the interface; about records it speaks in another member.
    [/^404 Not Found$/, 404, 'upstream-misconfigured', 'GitLab has no such interface at this address.'],
    [NO_CODE, 429, 'upstream-throttled', 'The GitLab server limits how often it is asked.'],
  ]),
  rateLimit: { remaining: 'ratelimit-remaining', reset: 'ratelimit-reset' },
  limits: { bodyBytes: 1024 * 1024 },
  retentionSeconds: null,
  // A retry makes the same pipeline run again.
  doneTtlSeconds: 30,
  visibilitySeconds: 0,
  poll: { minSeconds: 5, maxSeconds: 60 },
  documentation: 'https://docs.gitlab.com/api/pipelines/#get-a-single-pipeline',
  normalize: normalizePipeline,
};
