import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { legalFileName } from './apig.file-name.js';

describe('legalFileName', () => {
  it.each([
    ['test8-RELEASE-all-2023-07-11-19:54:22', 'test8-RELEASE-all-2023-07-11-19-54-22.json'],
    ['report.JSON', 'report.json'],
    ['../../etc/passwd', '-..-etc-passwd.json'],
    ['..', 'task.json'],
    ['', 'task.json'],
    ['CON', '_CON.json'],
    ['lpt1.notes', '_lpt1.notes.json'],
    ['a\u202egnp.exe', 'agnp.exe.json'],
    ['trailing. . ', 'trailing.json'],
    ['日本語', '日本語.json'],
  ])('makes %p legal', (name, legal) => {
    expect(legalFileName(name, 'json', 'task')).toBe(legal);
  });

  it('is legal on every file system, for every name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        const legal = legalFileName(name, 'json', 'task');
        expect(legal).toMatch(/^[^<>:"/\\|?*\p{Cc}]+\.json$/u);
        expect(new TextEncoder().encode(legal).length).toBeLessThanOrEqual(200);
      }),
    );
  });
});
