import { STATUS_CODES } from 'node:http';
import { frontError } from '../front.js';
import { json } from '../http/reply.js';
import type { Reply } from '../http/reply.js';
import type { Fault } from './fault.js';
import { throttled } from './throttling.js';

/** The reply that a fault puts in place of the real one; null if it only spoils how the real one is sent. */
export function replacementFor(fault: Fault, service: string, requestId: string): Reply | null {
  switch (fault.kind) {
    case 'throttling':
      return throttled(requestId, fault.form, fault.retryAfter);
    case 'error':
      return fault.reply;
    case 'html':
      return { status: fault.status, headers: { 'Content-Type': 'text/html' }, body: page(fault.status) };
    case 'redirect':
      return { status: fault.status, headers: { Location: fault.location }, body: '' };
    case 'empty':
      return { status: fault.status, body: '' };
    case 'unavailable':
      return service === 'iam'
        ? json(503, { error: { message: 'The service is unavailable.', code: 503, title: 'Service Unavailable' } })
        : frontError(requestId, 502, 'APIGW.0202', 'Backend unavailable.');
    default:
      return null;
  }
}

/** The page of the load balancer in front of everything. */
function page(status: number): string {
  const title = `${status} ${STATUS_CODES[status] ?? 'Error'}`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head><title>${title}</title></head>
<body><h1>${title}</h1><p>The backend server is unreachable.</p></body>
</html>
`;
}
