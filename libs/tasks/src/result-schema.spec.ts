import { expect, it } from '@jest/globals';
import type { ResultSchema } from './schema.js';
import { resultMember, taskResult } from './schema.js';

const IMAGE: ResultSchema = { kind: 'ims.image', types: ['createImage', 'copyImage'], members: {} };

it.each([
  ['createImage', 'ims.image', 'imsImage'],
  ['copyImage', 'ims.image', 'imsImage'],
  ['shareImage', 'untyped', 'untyped'],
  [null, 'untyped', 'untyped'],
])('result of a task of type %s: of kind %s, in the member %s', (type, kind, member) => {
  expect(taskResult([IMAGE], type, { made: 1 })).toEqual({ kind, [member]: { made: 1 } });
});

it.each(['push', 'a type that nobody lists', null])('result that all tasks have, of type %s: of that kind', (type) => {
  const run: ResultSchema = { kind: 'github-run.run', types: 'any', members: {} };
  expect(taskResult([run], type, { made: 1 })).toEqual({ kind: 'github-run.run', githubRunRun: { made: 1 } });
});

it('result member: the kind in camel case', () => {
  expect(['apig.import', 'a.b.cD', 'a-b.c', 'untyped'].map(resultMember)).toEqual([
    'apigImport',
    'aBCD',
    'aBC',
    'untyped',
  ]);
});
