import { expect, it } from 'vitest';
import { lifetime } from '../../../src/http/pages/text.js';

it.each([
  [1_000, '1 second'],
  [25_000, '25 seconds'],
  [60_000, '1 minute'],
  [90_000, '90 seconds'],
  [600_000, '10 minutes'],
  [3_600_000, '1 hour'],
  [86_400_000, '24 hours'],
])('a lifetime of %i ms is shown as it was configured: %s', (ms, text) => {
  expect(lifetime(ms)).toBe(text);
});
