import type { JsonObject } from '@gateway/tasks';
import { notAuthenticated } from '../front.js';
import { json } from '../http/reply.js';
import type { Reply } from '../http/reply.js';
import type { TaskMoment } from '../tasks/living-task.js';
import { isoTime, madeUpId, madeUpUuid } from '../tasks/made-up.js';
import type { OwnDialect } from './dialect.js';

const STATUSES = {
  queued: 'INIT',
  running: 'RUNNING',
  succeeded: 'SUCCESS',
  partial: 'SUCCESS',
  failed: 'FAIL',
  // Never drawn: jobs cannot be cancelled.
  cancelled: 'FAIL',
} as const;

/** Image Management Service. Its tokens are checked by the API front. */
export const ims: OwnDialect = {
  morePaths: ['/v1/cloudimages/job/{id}'],
  defaultType: () => 'imsCreateImageByInstance',
  outcomes: () => ['succeeded', 'partial', 'failed'],
  errorReplies: {
    'token-missing': ({ requestId }) => notAuthenticated(requestId, 'x-auth-token not found'),
    'token-invalid': ({ requestId }) => notAuthenticated(requestId, 'decrypt token fail'),
    'token-expired': ({ requestId }) => notAuthenticated(requestId, 'token expires'),
    'wrong-project': () => errorReply(400, 'IMG.0030', 'The project ID or token is invalid.'),
    forbidden: () => errorReply(403, 'IMG.0026', 'The user does not have the permissions for this operation.'),
    'malformed-task-id': () => errorReply(400, 'IMG.0024', 'Invalid parameter: job_id.'),
    // There are no instances; the row is for the type only.
    'unknown-instance': () => errorReply(400, 'IMG.0017', 'Invalid URL.'),
    'unknown-task': () => errorReply(400, 'IMG.0023', 'An exception occurred during job query.'),
  },
  render(moment) {
    const { task, phase } = moment;
    const ended = phase !== 'queued' && phase !== 'running';
    const failed = phase === 'failed';
    return {
      status: STATUSES[phase],
      entities: drawEntities(moment),
      job_id: task.id,
      job_type: task.type,
      begin_time: isoTime(task.createdAt),
      end_time: ended ? isoTime(task.endsAt) : '',
      error_code: failed ? FAILURE.code : null,
      fail_reason: failed ? FAILURE.text : null,
    };
  },
};

const FAILURE = { code: 'IMG.0074', text: 'The server disk is being used by another task.' };

function errorReply(status: number, code: string, message: string): Reply {
  return json(status, { error: { message, code } });
}

function drawEntities({ task, phase, progress }: TaskMoment): JsonObject {
  const image = { image_id: madeUpUuid(task.id, 'image'), image_name: `image-${task.id.slice(0, 8)}` };
  switch (phase) {
    case 'queued':
      return {};
    case 'running':
      return { ...image, current_task: stepOf(task.type), process_percent: Math.floor(progress * 100) / 100 };
    case 'succeeded':
      return isAboutMembers(task.type)
        ? { results: [drawMember(task.id, 'first', true)] }
        : { ...image, current_task: stepOf(task.type), process_percent: 1 };
    case 'partial':
      return isAboutMembers(task.type)
        ? { results: [drawMember(task.id, 'first', true), drawMember(task.id, 'second', false)] }
        : { sub_jobs_result: [drawSubJob(task, 'first', true), drawSubJob(task, 'second', false)] };
    default:
      // Some failures stand here again, in place of the image.
      return { error_code: FAILURE.code, error: FAILURE.text };
  }
}

/** Steps of some jobs really end with a colon. */
function stepOf(type: string): string {
  return `${type.replace(/^ims|Job$/g, '')}Task:`;
}

function isAboutMembers(type: string): boolean {
  return type.includes('ImageMembers');
}

function drawMember(taskId: string, which: string, succeeded: boolean): JsonObject {
  return {
    image_id: madeUpUuid(taskId, 'image'),
    project_id: madeUpId(taskId, which),
    status: succeeded ? 'success' : 'failed',
  };
}

function drawSubJob(task: TaskMoment['task'], which: string, succeeded: boolean): JsonObject {
  return {
    status: succeeded ? 'SUCCESS' : 'FAIL',
    job_id: madeUpId(task.id, which),
    job_type: 'imsCopyVolumeToImageJob',
    begin_time: isoTime(task.startsAt),
    end_time: isoTime(task.endsAt),
    error_code: succeeded ? null : FAILURE.code,
    fail_reason: succeeded ? null : FAILURE.text,
    entities: succeeded ? { image_id: madeUpUuid(task.id, which), image_name: `image-${which}` } : {},
  };
}
