import { asNumber, asObject, asObjects, asText, firstText, isObject, completeTask } from '@gateway/tasks';
import type {
  JsonObject,
  TaskCounts,
  TaskError,
  TaskData,
  TaskProgress,
  NormalizeResult,
  TaskResource,
  TimeFormat,
} from '@gateway/tasks';
import { JOB_STATUSES, readOuterJob } from '../families/flat-job.js';
import { countChildren, taskErrorOf } from '../families/sub-jobs.js';
import { IMS_FAILURES, IMS_ITEM_STATUSES, IMS_TASK_TYPES } from './ims.vocabulary.js';

/** The older generation writes `04-Jun-2015 18:11:06:586`, the current one ISO 8601. */
const TIMES: readonly TimeFormat[] = ['iso', 'day-month-year', 'epoch'];

/** Reads an IMS job of either generation; everything specific to its type is in `entities`. */
export function normalizeImsJob(body: unknown): NormalizeResult {
  return isObject(body) ? { kind: 'task', task: readJob(body), artifact: null } : { kind: 'unrecognized' };
}

function readJob(job: JsonObject): TaskData {
  const entities = asObject(job['entities']);
  const outer = readOuterJob(job, { statuses: JOB_STATUSES, times: TIMES });
  const children = asObjects(entities['sub_jobs_result']).map(readJob);
  return completeTask({
    ...outer,
    progress: readProgress(entities),
    result: readResult(outer.type, entities),
    error: readError(job, entities, children),
    resources: readImages(entities, children),
    counts: countItems(entities, children),
    children,
    childIds: readSubJobIds(entities, children),
  });
}

/** `process_percent` is a fraction, and stays at an old value when the job has succeeded. */
function readProgress(entities: JsonObject): TaskProgress | null {
  const fraction = asNumber(entities['process_percent']);
  const step = asText(entities['current_task'])?.replace(/[\s:]+$/, '') ?? '';
  const percent = fraction === null ? null : fraction <= 1 ? fraction * 100 : fraction;
  return { percent, step: step === '' ? null : step };
}

/** Sub-jobs that are not there as whole jobs: bare ids, and the single id of the progress interface. */
function readSubJobIds(entities: JsonObject, children: readonly TaskData[]): readonly string[] {
  const listed = Array.isArray(entities['sub_jobs_list']) ? entities['sub_jobs_list'] : [];
  const ids = new Set([...listed, entities['subJobId']].map(asText).filter((id) => id !== null));
  for (const child of children) ids.delete(child.id);
  return [...ids];
}

function readResult(type: string | null, entities: JsonObject): JsonObject {
  if (type === null || !Object.hasOwn(IMS_TASK_TYPES, type)) return entities;
  return {
    imageId: asText(entities['image_id']),
    imageName: asText(entities['image_name']),
    items: asObjects(entities['results']).map((item) => ({
      imageId: asText(item['image_id']),
      projectId: asText(item['project_id']),
      status: asText(item['status']),
    })),
  };
}

/** The reason is at the top level, or in `entities` instead of the image id, or only in a failed sub-job. */
function readError(job: JsonObject, entities: JsonObject, children: readonly TaskData[]): TaskError {
  const inner = asObject(entities['error']);
  const code =
    firstText(job, 'error_code') ??
    firstText(entities, 'error_code', 'addition_error_code', 'alarm_code', 'code') ??
    firstText(inner, 'code', 'error_code');
  const text =
    firstText(job, 'fail_reason') ??
    firstText(entities, 'fail_reason', 'error_msg', 'error_message', 'error', 'addition_error_msg', 'message') ??
    firstText(inner, 'message', 'error_msg');
  return taskErrorOf(code, text, children, IMS_FAILURES);
}

/** Every image named anywhere in the job, once. Several ids may share one member, as a list or separated by commas. */
function readImages(entities: JsonObject, children: readonly TaskData[]): readonly TaskResource[] {
  const images = new Map<string, TaskResource>();
  const add = (ids: unknown, name: string | null) => {
    const texts = (Array.isArray(ids) ? ids : [ids]).map((id) => asText(id) ?? '');
    for (const id of texts.flatMap((text) => text.split(/[\s,]+/)).filter(Boolean)) {
      if (!images.has(id)) images.set(id, { type: 'image', id, ...(name === null ? {} : { name }) });
    }
  };
  add(entities['image_id'], asText(entities['image_name']));
  add(entities['__data_images'], null);
  for (const item of asObjects(entities['results'])) add(item['image_id'], null);
  for (const { resources } of children) for (const { id, name } of resources) add(id, name ?? null);
  return [...images.values()];
}

function countItems(entities: JsonObject, children: readonly TaskData[]): TaskCounts | null {
  if (Array.isArray(entities['results'])) {
    const words = asObjects(entities['results']).map((item) => asText(item['status'])?.toLowerCase() ?? '');
    const count = (kind: string) => words.filter((word) => itemStatus(word) === kind).length;
    return { succeeded: count('succeeded'), failed: count('failed'), ignored: count('ignored') };
  }
  return countChildren(children);
}

function itemStatus(word: string): string | undefined {
  return Object.hasOwn(IMS_ITEM_STATUSES, word) ? IMS_ITEM_STATUSES[word] : undefined;
}
