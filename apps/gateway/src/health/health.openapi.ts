import { applyDecorators } from '@nestjs/common';
import { cacheControl } from '../http/headers.openapi.js';
import { jsonReply, operation, problemReplies, PUBLIC } from '../http/operation.openapi.js';

const NO_STORE = cacheControl('health');

/** Documents `GET /livez`. */
export const ApiLive = () =>
  applyDecorators(
    operation({
      id: 'getLiveness',
      summary: 'Whether the process is alive',
      description: 'For whoever restarts it: asks nothing and nobody.',
      security: PUBLIC,
    }),
    jsonReply({ status: 200, description: 'The process answers', schema: 'Liveness', headers: NO_STORE }),
    problemReplies(),
  );

/** Documents `GET /readyz`. */
export const ApiReady = () =>
  applyDecorators(
    operation({
      id: 'getReadiness',
      summary: 'Whether the gateway can serve, and what it does without',
      description:
        'For whoever sends it traffic. A lost Redis degrades it, and does not make it unready. A gateway that is being ' +
        'stopped is not ready, and serves on for a while.',
      security: PUBLIC,
    }),
    jsonReply({
      status: 200,
      description: 'The gateway can serve; `degraded` tells whether it does without something',
      schema: 'Readiness',
      headers: NO_STORE,
    }),
    problemReplies(['gateway-busy']),
  );
