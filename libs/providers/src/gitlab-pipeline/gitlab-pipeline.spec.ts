import { describe, expect, it } from '@jest/globals';
import { GITLAB_PIPELINE } from './gitlab-pipeline.provider.js';

const PROJECT = GITLAB_PIPELINE.scopePatterns?.projectId ?? /^$/;

describe('names of projects', () => {
  it.each([
    '4021',
    'a/b',
    'group/sub/sub-2/name',
    'group/.github',
    '.group/_name',
    'a.b/c-.d-',
    'group/name.',
    'a/...b',
  ])('%j: is one that GitLab lets be made', (name) => {
    expect(name).toMatch(PROJECT);
  });

  it.each([
    '',
    '0',
    'name',
    '-a/b',
    'a/-b',
    './b',
    '../b',
    'a/.',
    'a/..',
    'a/../b',
    'a/./b',
    'a//b',
    `a/${'b'.repeat(254)}`,
  ])('%j: is none', (name) => {
    expect(name).not.toMatch(PROJECT);
  });
});
