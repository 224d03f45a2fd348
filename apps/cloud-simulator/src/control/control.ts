import { findUser } from '../accounts.js';
import { resetWorld } from '../create-world.js';
import type { FaultKind } from '../faults/fault.js';
import { readFault } from '../faults/fault.js';
import type { Revocation } from '../iam/tokens.js';
import type { LoggedRequest } from '../request-log.js';
import { replyKey } from '../world.js';
import type { World } from '../world.js';
import { createTask } from './create-task.js';
import type { TaskInput } from './create-task.js';
import { readFields } from '../http/fields.js';
import { readReply } from '../http/read-reply.js';
import type { ReplyInput } from '../http/read-reply.js';

const MAX_ADVANCE_MS = 10 * 365 * 24 * 3_600_000;
const IAM = 'iam';

export interface TaskIds {
  /** Id of the provider. */
  readonly service: string;
  readonly id: string;
  readonly projectId: string;
  readonly instanceId: string | null;
}

/** A fault and its members, and how many requests it meets: all if `times` is left out. */
export interface FaultInput {
  readonly kind: FaultKind;
  readonly times?: number;
  readonly [member: string]: unknown;
}

/** Steers the simulated clouds. What cannot be obeyed throws an InputError that says why. */
export interface Control {
  readonly createTask: (input: TaskInput) => TaskIds;
  readonly putReply: (input: ReplyInput & { readonly service: string; readonly id: string }) => void;
  /** Moves the clock; returns its time in milliseconds since 1970. */
  readonly advanceClock: (input: { readonly advanceMs: number }) => number;
  readonly now: () => number;
  readonly putFault: (service: string, input: FaultInput) => void;
  readonly clearFaults: (service?: string) => void;
  readonly requests: (service?: string) => readonly LoggedRequest[];
  readonly clearRequests: () => void;
  /** Ends tokens, of one user or all; returns how many. */
  readonly revokeTokens: (input: { readonly as: Revocation; readonly user?: string }) => number;
  /** A valid token without a login. */
  readonly issueToken: (input: {
    readonly domain: string;
    readonly user: string;
    readonly projectId: string;
  }) => string;
  readonly reset: () => void;
}

export function createControl(world: World): Control {
  const services = world.services.map(({ provider }) => provider.id);
  const withIam = [IAM, ...services];
  return {
    createTask(input) {
      const { service, id, projectId, instanceId } = createTask(world, input);
      return { service, id, projectId, instanceId };
    },
    putReply(input) {
      const fields = readFields(input);
      const key = replyKey(fields.word('service', services), fields.text('id'));
      const reply = readReply(fields, 200);
      fields.finish();
      world.replies.set(key, reply);
    },
    advanceClock(input) {
      const fields = readFields(input);
      const milliseconds = fields.integer('advanceMs', -MAX_ADVANCE_MS, MAX_ADVANCE_MS);
      fields.finish();
      world.clock.advance(milliseconds);
      return world.clock.now();
    },
    now: world.clock.now,
    putFault(service, input) {
      const fields = readFields(input);
      if (!withIam.includes(service)) fields.problem(`the service must be one of ${withIam.join(', ')}`);
      const times = fields.has('times') ? fields.integer('times', 1, 1_000_000) : null;
      fields.value('times');
      const fault = readFault(fields);
      fields.finish();
      world.faults.put(service, fault, times);
    },
    clearFaults: world.faults.clear,
    requests: world.requests.list,
    clearRequests: world.requests.clear,
    revokeTokens(input) {
      const fields = readFields(input);
      const as = fields.word('as', ['expired', 'invalid'] as const);
      const user = fields.optionalText('user');
      fields.finish();
      return world.tokens.revoke(as, user);
    },
    issueToken(input) {
      const fields = readFields(input);
      const principal = findUser(world.accounts, { name: fields.text('user') }, { name: fields.text('domain') });
      const projectId = fields.text('projectId');
      if (principal === null) fields.problem('there is no such user in that domain');
      fields.finish();
      return principal === null ? '' : world.tokens.issue(principal, { kind: 'project', id: projectId }).value;
    },
    reset: () => resetWorld(world),
  };
}
