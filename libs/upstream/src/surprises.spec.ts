import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { Surprises } from './surprises.js';

const warnings: string[] = [];
beforeEach(() => {
  warnings.length = 0;
  const ignore = (): void => undefined;
  const warn = (message: unknown): void => void warnings.push(String(message));
  Logger.overrideLogger({ log: ignore, warn, error: ignore, debug: ignore, verbose: ignore, fatal: ignore });
});
afterEach(() => Logger.overrideLogger(new ConsoleLogger()));

describe('Surprises', () => {
  it('counts each word of a provider by its kind, and warns once', () => {
    const surprises = new Surprises();
    for (let count = 0; count < 3; count += 1) surprises.note('ims', 'status word', 'PAUSED');
    surprises.note('ims', 'error code', 'PAUSED');
    surprises.note('dms', 'status word', 'PAUSED');
    expect(surprises.of('ims', 'status word')).toEqual({ PAUSED: 3 });
    expect(surprises.of('ims', 'error code')).toEqual({ PAUSED: 1 });
    expect(surprises.of('dms', 'status word')).toEqual({ PAUSED: 1 });
    expect(surprises.of('apig', 'status word')).toEqual({});
    expect(warnings).toEqual([
      'ims sent a status word that no table knows: "PAUSED"',
      'ims sent a error code that no table knows: "PAUSED"',
      'dms sent a status word that no table knows: "PAUSED"',
    ]);
  });

  it('keeps words short, on one line and without secrets', () => {
    const surprises = new Surprises();
    surprises.note('ims', 'status word', `a\nb${'c'.repeat(59)} password=Hunter2`);
    surprises.note('ims', 'status word', 'x '.repeat(100));
    expect(warnings.join()).not.toMatch(/Hunter2|\n/);
    expect(Object.keys(surprises.of('ims', 'status word')).every((word) => word.length <= 64)).toBe(true);
  });

  it('takes a word like __proto__ for a word', () => {
    const surprises = new Surprises();
    surprises.note('ims', 'status word', '__proto__');
    surprises.note('ims', 'status word', 'constructor');
    expect(Object.entries(surprises.of('ims', 'status word'))).toEqual([
      ['__proto__', 1],
      ['constructor', 1],
    ]);
  });

  it('does not grow without an end', () => {
    const surprises = new Surprises();
    for (let count = 0; count < 5_000; count += 1) surprises.note('ims', 'status word', `W${count}`);
    surprises.note('ims', 'status word', 'W0');
    expect(Object.keys(surprises.of('ims', 'status word'))).toHaveLength(200);
    expect(surprises.of('ims', 'status word')['W0']).toBe(2);
    expect(warnings).toHaveLength(200);
  });
});
