import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { UnmappedWords } from './classify.js';

const warnings: string[] = [];
beforeEach(() => {
  warnings.length = 0;
  const ignore = (): void => undefined;
  const warn = (message: unknown): void => void warnings.push(String(message));
  Logger.overrideLogger({ log: ignore, warn, error: ignore, debug: ignore, verbose: ignore, fatal: ignore });
});
afterEach(() => Logger.overrideLogger(new ConsoleLogger()));

describe('unmapped words', () => {
  it('word of a provider: counted by its kind, and warned about once', () => {
    const unmappedWords = new UnmappedWords();
    for (let count = 0; count < 3; count += 1) unmappedWords.note('ims', 'status word', 'PAUSED');
    unmappedWords.note('ims', 'error code', 'PAUSED');
    unmappedWords.note('dms', 'status word', 'PAUSED');
    expect(unmappedWords.of('ims', 'status word')).toEqual({ PAUSED: 3 });
    expect(unmappedWords.of('ims', 'error code')).toEqual({ PAUSED: 1 });
    expect(unmappedWords.of('dms', 'status word')).toEqual({ PAUSED: 1 });
    expect(unmappedWords.of('apig', 'status word')).toEqual({});
    expect(warnings).toEqual([
      'ims sent a status word that no table knows: "PAUSED"',
      'ims sent a error code that no table knows: "PAUSED"',
      'dms sent a status word that no table knows: "PAUSED"',
    ]);
  });

  it('long or secret text: kept short, on one line and without secrets', () => {
    const unmappedWords = new UnmappedWords();
    unmappedWords.note('ims', 'status word', `a\nb${'c'.repeat(59)} password=Hunter2`);
    unmappedWords.note('ims', 'status word', 'x '.repeat(100));
    expect(warnings.join()).not.toMatch(/Hunter2|\n/);
    expect(Object.keys(unmappedWords.of('ims', 'status word')).every((word) => word.length <= 64)).toBe(true);
  });

  it('word like __proto__: a word', () => {
    const unmappedWords = new UnmappedWords();
    unmappedWords.note('ims', 'status word', '__proto__');
    unmappedWords.note('ims', 'status word', 'constructor');
    expect(Object.entries(unmappedWords.of('ims', 'status word'))).toEqual([
      ['__proto__', 1],
      ['constructor', 1],
    ]);
  });

  it('words without an end: no more than 200 are kept', () => {
    const unmappedWords = new UnmappedWords();
    for (let count = 0; count < 5_000; count += 1) unmappedWords.note('ims', 'status word', `W${count}`);
    unmappedWords.note('ims', 'status word', 'W0');
    expect(Object.keys(unmappedWords.of('ims', 'status word'))).toHaveLength(200);
    expect(unmappedWords.of('ims', 'status word')['W0']).toBe(2);
    expect(warnings).toHaveLength(200);
  });
});
