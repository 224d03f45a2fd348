import { describe, expect, it } from '@jest/globals';
import { readRedisAddress, readRedisUrl } from './settings.js';

describe('readRedisUrl', () => {
  it.each([
    ['redis://cache', { host: 'cache', port: 6379, db: 0, isTls: false }],
    ['redis://[::1]:7000/', { host: '::1', port: 7000, db: 0, isTls: false }],
    [
      'redis://me:p%40ss%2Fw@cache:1/12',
      { host: 'cache', port: 1, db: 12, username: 'me', password: 'p@ss/w', isTls: false },
    ],
    ['redis://:pw@cache', { host: 'cache', port: 6379, db: 0, password: 'pw', isTls: false }],
    ['rediss://cache/1', { host: 'cache', port: 6379, db: 1, isTls: true }],
  ])('reads %s', (url, expected) => {
    expect(readRedisUrl(url)).toEqual(expected);
  });

  it.each([
    'http://:hunter2@cache',
    'redis://:hunter2@',
    'redis://:hunter2@cache/x',
    'redis://:hunter2@cache/1/2',
    'redis://:hunter2@cache:99999',
    'redis://:hunter2@cache?enableOfflineQueue=true',
    'redis://:hunter2%zz@cache',
    'hunter2',
  ])('refuses %s without repeating it', (url) => {
    expect(() => readRedisUrl(url)).toThrow(/^The Redis URL (?!.*hunter2)/);
  });
});

describe('readRedisAddress', () => {
  it.each([
    ['cache:6379', { host: 'cache', port: 6379 }],
    ['10.0.0.1:1', { host: '10.0.0.1', port: 1 }],
    ['[fd00::1]:65535', { host: 'fd00::1', port: 65_535 }],
  ])('reads %s', (text, expected) => {
    expect(readRedisAddress(text)).toEqual(expected);
  });

  it.each([
    'cache',
    'cache:',
    ':6379',
    'cache:0',
    'cache:65536',
    'fd00::1:6379',
    'a b:1',
    'u:p@cache:1',
    'redis://a:1',
  ])('refuses %s', (text) => {
    expect(() => readRedisAddress(text)).toThrow('not of the form host:port');
  });
});
