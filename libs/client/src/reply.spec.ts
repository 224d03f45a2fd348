import { expect, it } from '@jest/globals';
import { fileNameOf } from './reply.js';

it.each([
  ['attachment; filename="api 1.yaml"', 'api 1.yaml'],
  ['attachment; filename=api.yaml', 'api.yaml'],
  ['attachment; filename="a \\"b\\".json"', 'a "b".json'],
  [`attachment; filename="?.json"; filename*=UTF-8''%E2%82%AC.json`, '€.json'],
  [`attachment; FileName*=utf-8''a%20b.json; filename=c.json`, 'a b.json'],
  [`attachment; filename*=UTF-8''%E2%82; filename=c.json`, 'c.json'],
  ['attachment', null],
  ['inline; notfilename=x', null],
  [null, null],
])('file name: %s gives %s', (disposition, name) => {
  expect(fileNameOf(disposition)).toBe(name);
});
