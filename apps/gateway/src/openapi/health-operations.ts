import { applyDecorators } from '@nestjs/common';
import { jsonReply, operation, problemReplies } from './operation.js';

/** Documents `GET /livez`. */
export const ApiLive = () =>
  applyDecorators(
    operation('getLiveness', 'Whether the process is alive'),
    jsonReply(200, 'It is', 'Liveness'),
    problemReplies(['internal-error', 'uri-too-long']),
  );

/** Documents `GET /readyz`. */
export const ApiReady = () =>
  applyDecorators(
    operation('getReadiness', 'Whether the gateway can serve, and what it does without'),
    jsonReply(200, 'It can', 'Readiness'),
    problemReplies(['internal-error', 'uri-too-long']),
  );
