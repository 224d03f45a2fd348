import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerControl } from './control/routes.js';
import type { Control } from './control/control.js';
import { replacementFor } from './faults/replacement.js';
import { spoil } from './faults/spoil.js';
import { frontError, notPublished } from './front.js';
import { readCall } from './http/call.js';
import type { Call } from './http/call.js';
import { send } from './http/reply.js';
import type { Reply } from './http/reply.js';
import { answerIam } from './iam/iam.js';
import { answerService } from './services/answer-service.js';
import { findRoute } from './services/route.js';
import type { Route } from './services/route.js';
import type { World } from './world.js';

/** Answers one request, of the control API or of a cloud. */
export async function handle(
  world: World,
  control: Control,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const call = await readCall(request);
  const [first = ''] = call.segments ?? [];
  if (first === '_control') return send(response, call, answerControl(control, call));
  const route = findRoute(world.services, call);
  const service = route?.dialect.provider.id ?? first;
  world.requests.add(service, call);
  const fault = world.faults.take(service);
  if (fault === null) return send(response, call, answer(world, route, call));
  const reply = replacementFor(fault, service, call.id) ?? answer(world, route, call);
  return spoil(fault, response, call, reply);
}

function answer(world: World, route: Route | null, call: Call): Reply {
  if (call.segments === null) return frontError(call.id, 400, 'APIGW.0201', 'API request error.');
  if (call.body === null) return frontError(call.id, 413, 'APIGW.0201', 'Request entity too large.');
  if (call.segments[0] === 'iam') return answerIam(world, call);
  return route === null ? notPublished(call.id) : answerService(world, route, call);
}
