import { boolean, list, object, ref, text, textOrNull, word } from '@gateway/tasks';
import type { Schema } from '@gateway/tasks';
import { UNHEALTHY_REASONS } from '@gateway/upstream';
import { ACCESS, ACCESS_PROBLEMS, json, operation, PUBLIC } from '../http/operation.openapi.js';
import { providerId } from '../tasks/task.schemas.js';

export const ApiLive = operation({
  id: 'getLiveness',
  summary: 'Whether the process is alive',
  description: 'For whoever restarts the process: neither Redis nor a cloud is asked.',
  security: PUBLIC,
  replies: { 200: json('The process answers.', 'Liveness', ['Cache-Control-health']) },
});

export const ApiReady = operation({
  id: 'getReadiness',
  summary: 'Whether the gateway can serve, and what it does without',
  description:
    'For whoever sends the gateway traffic. A lost Redis degrades it, and does not make it unready. A gateway that is being ' +
    'stopped is not ready, and serves on for a while.',
  security: PUBLIC,
  replies: {
    200: json('The gateway can serve; `degraded` tells whether it does without something.', 'Readiness', [
      'Cache-Control-health',
    ]),
  },
  problems: ['gateway-busy'],
});

export const ApiVersion = operation({
  id: 'getVersion',
  summary: 'What runs here',
  description:
    'For whoever asks which release it is that answers: after a deployment, replicas may differ for a while.',
  security: ACCESS,
  replies: { 200: json('Name, version and build of the gateway.', 'Version', ['Cache-Control-health']) },
  problems: ACCESS_PROBLEMS,
});

export const HEALTH_SCHEMAS: Readonly<Record<string, Schema>> = {
  Liveness: object('The process is alive.', {
    status: word('Always `alive`: a dead process does not answer.', 'alive'),
  }),
  Version: object('What runs here.', {
    name: word('The program: always `task-gateway`.', 'task-gateway'),
    version: text('Version of the contract that it keeps, by semantic versioning: that of its OpenAPI document.'),
    commit: textOrNull('Commit that it was built of, as hexadecimal digits; null where the build did not know.'),
    node: text('Version of Node that it runs on.'),
  }),
  Readiness: object('The gateway can serve.', {
    status: word('Always `ready`: a gateway that is not answers with a problem.', 'ready'),
    degraded: boolean('Whether something is missing that the gateway can do without.'),
    redis: text('Whether Redis answers; replicas without it do not share what they know.', {
      enum: ['not-configured', 'up', 'down'],
    }),
    upstreams: list('The circuit breaker of each provider in each region.', ref('UpstreamState')),
    unhealthy: list('Services of clouds that cannot be used now, as the last lookups found.', ref('UnhealthyService')),
  }),
  UpstreamState: object('The circuit breaker of one provider in one region.', {
    provider: providerId(),
    region: text('Name of the region.'),
    breaker: ref('BreakerState'),
  }),
  BreakerState: text(
    'State of the circuit breaker before an upstream: `closed` asks it, `open` spares it for a while, `half-open` tries it ' +
      'with one request.',
    { enum: ['closed', 'open', 'half-open'] },
  ),
  UnhealthyService: object('A service of a cloud that cannot be used now.', {
    service: text('Id of the provider, or `iam` for the identity service that the gateway logs in at.'),
    region: text('Name of the region.'),
    reason: ref('UnhealthyReason'),
  }),
  // Open: releases that find more out add words.
  UnhealthyReason: text(
    'What keeps an upstream from being asked: `credentials-rejected`, it refuses the credentials of the gateway; ' +
      '`unreachable`, no connection can be made; `breaker-open`, it failed so often that it is given pauses; or a word that ' +
      'a later release brings.',
    { pattern: '^[a-z]+(-[a-z]+)*$', examples: [...UNHEALTHY_REASONS] },
  ),
};
