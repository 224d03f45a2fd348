import { errorRules, integerOrNull, NO_CODE, taskTypesOf, textOrNull } from '@gateway/tasks';
import type { Provider } from '@gateway/tasks';
import { normalizeRun, RUN_STATUSES } from './github-run.normalize.js';

const MEMBERS = {
  name: textOrNull('Name of the workflow.'),
  title: textOrNull('Title of the run.'),
  branch: textOrNull('Branch that the run is for.'),
  sha: textOrNull('Commit that the run is for.'),
  attempt: integerOrNull('1 for the first attempt; each re-run adds 1.'),
  url: textOrNull('Page of the run.'),
};

const EVENTS = {
  push: 'Run after a push',
  pull_request: 'Run for a pull request',
  schedule: 'Run of a schedule',
  workflow_dispatch: 'Run started by hand or by a program',
  workflow_run: 'Run after another workflow',
  repository_dispatch: 'Run started by an event from outside',
  release: 'Run for a release',
  deployment: 'Run for a deployment',
  merge_group: 'Run in a merge queue',
  dynamic: 'Run of GitHub itself',
};

const MOVED = { message: /^moved/i, remedy: 'Name the repository as it is called now.' };

/** GitHub Actions, at github.com or on an own server: workflow runs. */
export const GITHUB_RUN: Provider = {
  id: 'github-run',
  title: 'GitHub Actions workflow runs',
  service: { github: 'github' },
  example: { id: '16200450101', projectId: 'acme/tool.kit' },
  path: '/repos/{+projectId}/actions/runs/{id}?exclude_pull_requests=true',
  headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
  scope: ['projectId'],
  // Owner and repository.
  scopePatterns: { projectId: /^[A-Za-z0-9][\w-]{0,99}\/(?!\.{1,2}$)[\w.-]{1,100}$/ },
  idPattern: /^[1-9]\d{0,18}$/,
  statuses: RUN_STATUSES,
  taskTypes: taskTypesOf(EVENTS, MEMBERS),
  results: [{ kind: 'github-run.run', types: 'any', members: MEMBERS }],
  errors: errorRules([
    [NO_CODE, 401, 'upstream-credentials-rejected', 'GitHub did not accept the token.'],
    [
      NO_CODE,
      [403, 429],
      'upstream-throttled',
      'GitHub limits how often it is asked in a short time.',
      // Older servers speak of abuse.
      { message: /rate limit|abuse detection/i, waitSeconds: 60 },
    ],
    [
      NO_CODE,
      403,
      'upstream-throttled',
      'GitHub takes no token of the account for a while, after too many that were wrong.',
      { message: /login attempts/i },
    ],
    [NO_CODE, 403, 'account-restricted', 'The account at GitHub is suspended.', { message: /suspended/i }],
    [NO_CODE, [403, 451], 'permission-denied', 'GitHub has blocked the repository.', { message: /access blocked/i }],
    [NO_CODE, 403, 'permission-denied', 'The token may not read Actions of the repository.'],
    [
      NO_CODE,
      404,
      'task-not-found',
      'GitHub has no such run, or the token may not see the repository.',
      { message: /^not found/i, remedy: 'Check projectId and id, and whether the token may read the repository.' },
    ],
    [NO_CODE, [301, 307], 'upstream-misconfigured', 'The repository was renamed or moved.', MOVED],
    [
      NO_CODE,
      400,
      'upstream-misconfigured',
      'GitHub does not know the version of its interface that it was asked for.',
      { message: /version/i },
    ],
  ]),
  rateLimit: { remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset' },
  limits: { bodyBytes: 1024 * 1024 },
  retentionSeconds: null,
  // A re-run keeps the id.
  doneTtlSeconds: 30,
  visibilitySeconds: 0,
  poll: { minSeconds: 5, maxSeconds: 60 },
  documentation: 'https://docs.github.com/rest/actions/workflow-runs#get-a-workflow-run',
  normalize: normalizeRun,
};
