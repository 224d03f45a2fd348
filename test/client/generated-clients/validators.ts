import type { Validators } from './expected.js';
import * as heyApi from './hey-api/zod.gen.js';
import * as kubb from './kubb/zod/index.js';
import * as orval from './orval/zod.js';

const VALIDATORS: Readonly<Record<string, Validators>> = {
  'hey-api': { task: heyApi.zTask, problem: heyApi.zProblem, batch: heyApi.zBatchGetReply },
  kubb: { task: kubb.taskSchema, problem: kubb.problemSchema, batch: kubb.batchGetReplySchema },
  orval: { task: orval.GetTask200Response, problem: orval.GetTask404Response, batch: orval.BatchGetTasks207Response },
};
export default VALIDATORS;
