import { notAuthenticated, notPublished } from '../front.js';
import type { Call } from '../http/call.js';
import type { Reply } from '../http/reply.js';
import { authenticate } from '../iam/authenticate.js';
import { findExample } from '../tasks/examples.js';
import type { World } from '../world.js';
import { replyKey } from '../world.js';

const REASONS = {
  'token-missing': 'x-auth-token not found',
  'token-invalid': 'decrypt token fail',
  'token-expired': 'token expires',
} as const;

/** Answers for a service without a dialect: its examples, at every path with a project of the caller that ends in their id. */
export function answerExample(world: World, service: string, call: Call): Reply {
  const segments = call.segments ?? [];
  const id = segments.at(-1) ?? '';
  const reply = world.replies.get(replyKey(service, id)) ?? findExample(service, id);
  if (call.method !== 'GET' || reply === null) return notPublished(call.id);
  const authentication = authenticate(world, call);
  if (authentication.kind === 'front') return authentication.reply;
  if (authentication.kind === 'token') return notAuthenticated(call.id, REASONS[authentication.refusal]);
  return segments.some((segment) => authentication.projects.includes(segment)) ? reply : notPublished(call.id);
}
