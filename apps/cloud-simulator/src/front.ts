import { json } from './http/reply.js';
import type { Reply } from './http/reply.js';

/** An error of the API front that stands before every service; its request id is the one of the call. */
export function frontError(requestId: string, status: number, code: string, text: string): Reply {
  return json(status, { error_msg: text, error_code: code, request_id: requestId });
}

/** For any address that no service publishes: a wrong path, method, or version. */
export function notPublished(requestId: string): Reply {
  return frontError(
    requestId,
    404,
    'APIGW.0101',
    'The API does not exist or has not been published in the environment',
  );
}

/** Refuses a credential; the text tells the reasons apart, the code does not. */
export function notAuthenticated(requestId: string, reason: string): Reply {
  return frontError(requestId, 401, 'APIGW.0301', `Incorrect IAM authentication information: ${reason}`);
}
