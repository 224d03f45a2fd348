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

it('result member: the kind in camel case', () => {
  expect(['apig.import', 'a.b.cD', 'untyped'].map(resultMember)).toEqual(['apigImport', 'aBCD', 'untyped']);
});
