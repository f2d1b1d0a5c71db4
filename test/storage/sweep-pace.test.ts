import { describe, expect, it } from 'vitest';
import { SweepPace } from '../../src/storage/file/sweep-pace.js';

describe('a sweep of expired records', () => {
  it('is due a minute after the start, and a minute after the last one ended', () => {
    const pace = new SweepPace(1_000);
    expect(pace.begin('audit', 60_999)).toBe(false);
    expect(pace.begin('audit', 61_000)).toBe(true);
    pace.ended('audit', 61_010, 10);
    expect(pace.begin('audit', 121_009)).toBe(false);
    expect(pace.begin('audit', 121_010)).toBe(true);
  });

  it('does not begin while the last one goes on, which holds up no other name', () => {
    const pace = new SweepPace(0);
    expect(pace.begin('audit', 60_000)).toBe(true);
    expect(pace.begin('audit', 9_000_000)).toBe(false);
    expect(pace.begin('ended', 60_000)).toBe(true);
  });

  it('takes a hundredth of the time at most', () => {
    const pace = new SweepPace(0);
    pace.begin('audit', 60_000);
    pace.ended('audit', 65_000, 5_000);
    expect(pace.begin('audit', 564_999)).toBe(false);
    expect(pace.begin('audit', 565_000)).toBe(true);
  });
});
