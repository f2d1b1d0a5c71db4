import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordPath, segmentName, segmentOf } from '../../src/storage/file/names.js';

const text = fc.string({ unit: 'binary', maxLength: 16 });

describe('the name of a segment in the file system', () => {
  it('is safe on every disk, and short enough', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (segment) => {
        expect(segmentName(segment)).toMatch(/^[a-z0-9_%~=-]{1,200}$/);
      }),
    );
  });

  it('leads back to the segment', () => {
    fc.assert(
      fc.property(text, (segment) => {
        expect(segmentOf(segmentName(segment))).toBe(segment);
      }),
    );
  });

  it('is another for another segment, even on a disk that does not tell case', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        fc.pre(one !== other);
        expect(segmentName(one).toLowerCase()).not.toBe(segmentName(other).toLowerCase());
      }),
    );
  });

  it('reads well where nothing stands against it', () => {
    expect(segmentName('telegram%3A123')).toBe('telegram%3~a123');
    expect(segmentName('linear_2-x')).toBe('linear_2-x');
    expect(segmentName('con')).toBe('=63on');
    expect(segmentName('x'.repeat(201))).toMatch(/^=h[0-9a-f]{64}$/);
  });

  it('does not lead back where it is hashed, or none of ours', () => {
    for (const name of [segmentName('x'.repeat(500)), 'A', '.', '', 'a.b', '=zz']) {
      expect(segmentOf(name)).toBeUndefined();
    }
  });

  it('keeps a record apart from the folder of what is below it', () => {
    expect(recordPath('/r', 'a/b')).toBe('/r/a/b.record');
    expect(recordPath('/r', 'a')).toBe('/r/a.record');
  });
});
