import { describe, expect, it } from '@jest/globals';
import { addressOf } from './redis-url.js';

describe('addressOf', () => {
  it.each([
    ['redis://cache', { host: 'cache', port: 6379, db: 0 }],
    ['redis://[::1]:7000/', { host: '::1', port: 7000, db: 0 }],
    ['redis://me:p%40ss%2Fw@cache:1/12', { host: 'cache', port: 1, db: 12, username: 'me', password: 'p@ss/w' }],
    ['redis://:pw@cache', { host: 'cache', port: 6379, db: 0, username: undefined, password: 'pw' }],
    ['rediss://cache/1', { host: 'cache', port: 6379, db: 1, tls: {} }],
  ])('reads %s', (url, expected) => {
    expect(addressOf(url)).toEqual(expected);
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
    expect(() => addressOf(url)).toThrow(/^The Redis URL (?!.*hunter2)/);
  });
});
