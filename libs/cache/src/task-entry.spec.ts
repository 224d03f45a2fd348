import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { decodeTask, encodeTask } from './task-entry.js';
import type { StoredTask } from './task-entry.js';
import { readEnvelope, writeEnvelope } from './envelope.js';
import { resultName } from './keys.js';
import { SEAL, addressOf } from './testing/fake-stores.js';

const KEY = addressOf('a');
const TASK = KEY.key;
const NAME = resultName(KEY);
const STORED: StoredTask = {
  task: TASK,
  final: true,
  version: 'v1',
  observedAt: Date.parse('2026-11-21T10:01:02.003Z'),
  pollAfterSeconds: null,
  body: '{"id":"a","n":9007199254740993}',
  artifact: null,
  freshUntil: 1_800_000_000_000,
  keptUntil: 1_800_000_060_000,
  epoch: '',
};
const FILE = { fileName: 'api "x".yaml', mediaType: 'application/yaml', content: 'a: 1\r\nb: ü\n\n' };

function decoded(text: string, task = TASK): StoredTask | null {
  const envelope = readEnvelope(SEAL, NAME, text);
  return envelope === null ? null : decodeTask(task, envelope);
}

/** A text of another author: sealed rightly, saying something else. */
function sealed(change: (header: Record<string, unknown>) => object, ...lines: string[]): string {
  const stored = readEnvelope(SEAL, NAME, encodeTask(SEAL, NAME, STORED));
  if (stored === null) throw new Error('unreadable');
  return writeEnvelope(SEAL, NAME, stored, change({ ...stored.header }), ...lines);
}

describe('a stored task', () => {
  it.each([
    ['final', STORED],
    ['with a file', { ...STORED, artifact: FILE }],
    ['with an empty file', { ...STORED, artifact: { ...FILE, content: '' } }],
    ['unfinished', { ...STORED, final: false, pollAfterSeconds: 5, epoch: 'a-1..b-2' }],
  ])('comes back as it was: %s', (_what, stored) => {
    expect(decoded(encodeTask(SEAL, NAME, stored), TASK)).toEqual(stored);
  });

  it('comes back as it was, whatever it holds', () => {
    const text = fc.string({ unit: 'binary' });
    const artifact = fc.option(fc.record({ fileName: text, mediaType: text, content: text }));
    fc.assert(
      fc.property(fc.json(), text, artifact, fc.boolean(), fc.nat(), (body, version, file, final, poll) => {
        const pollAfterSeconds = final ? null : poll;
        const stored = { ...STORED, body, version, artifact: file, final, pollAfterSeconds };
        expect(decoded(encodeTask(SEAL, NAME, stored), TASK)).toEqual(stored);
      }),
    );
  });

  it('has in its stamp what scripts in Redis compare', () => {
    const { kind, at, freshUntil, epoch } =
      readEnvelope(SEAL, NAME, encodeTask(SEAL, NAME, { ...STORED, epoch: 'g' })) ?? {};
    expect([kind, at, freshUntil, epoch]).toEqual(['F', STORED.observedAt, STORED.freshUntil, 'g']);
    expect(
      readEnvelope(SEAL, NAME, encodeTask(SEAL, NAME, { ...STORED, final: false, pollAfterSeconds: 1 }))?.kind,
    ).toBe('U');
  });

  it('is nothing under the name of another task', () => {
    for (const other of [
      { id: 'b' },
      { provider: 'ims' },
      { region: 'eu-nl' },
      { projectId: 'q' },
      { instanceId: 'i' },
    ])
      expect(decoded(encodeTask(SEAL, NAME, STORED), addressOf('a', other).key)).toBeNull();
  });

  it('is nothing of another kind', () => {
    for (const kind of ['N', 'P'] as const) {
      const stored = readEnvelope(SEAL, NAME, encodeTask(SEAL, NAME, STORED));
      expect(decoded(writeEnvelope(SEAL, NAME, { ...stored!, kind }, stored!.header, STORED.body), TASK)).toBeNull();
    }
  });

  it.each<[string, (header: Record<string, unknown>) => object, string[]]>([
    ['no task', (header) => ({ ...header, task: undefined }), ['{}']],
    ['no version', (header) => ({ ...header, version: 1 }), ['{}']],
    ['no end', (header) => ({ ...header, keptUntil: '1' }), ['{}']],
    ['an end before 1970', (header) => ({ ...header, keptUntil: -1 }), ['{}']],
    ['a poll hint that is none', (header) => ({ ...header, pollAfterSeconds: 1.5 }), ['{}']],
    ['no body', (header) => header, []],
    ['an empty body', (header) => header, ['']],
    ['a file that it does not announce', (header) => header, ['{}', 'content']],
    ['an announced file that it does not have', (header) => ({ ...header, file: { ...FILE } }), ['{}']],
    ['a file without a name', (header) => ({ ...header, file: { mediaType: 'm' } }), ['{}', 'content']],
    ['a file that is none', (header) => ({ ...header, file: 'f' }), ['{}', 'content']],
    ['no word about a file', (header) => ({ ...header, file: undefined }), ['{}']],
  ])('is nothing with %s', (_what, change, lines) => {
    expect(
      decoded(
        sealed((header) => header, '{}'),
        TASK,
      ),
    ).not.toBeNull();
    expect(decoded(sealed(change, ...lines), TASK)).toBeNull();
  });
});
