import { expect, test } from 'vitest';
import { objections } from '../helpers/csp.js';
import { everyPage } from './every-page.js';

test('Google’s CSP Evaluator has nothing against the policy of any page', async () => {
  for (const [name, { headers }] of await everyPage())
    expect(objections(String(headers['content-security-policy'])), name).toEqual([]);
});

test('it would object to what the policies leave out', () => {
  expect(objections("default-src 'self'; script-src 'self' 'unsafe-inline'").join()).toContain(
    'HIGH script-src',
  );
  expect(objections("style-src 'self'").join()).toContain('HIGH script-src');
});
