import { expect, it } from 'vitest';
import { routeConsole } from '../../src/observability/console.js';
import { createLog } from '../../src/observability/log.js';

it('what a library writes to the console becomes a redacted log line', () => {
  let text = '';
  const log = createLog('info', {
    write(line: string) {
      text += line;
    },
  });
  const target = { log() {}, info() {}, debug() {}, warn() {}, error() {} };
  routeConsole(log, target);
  (target.warn as (...said: unknown[]) => void)(
    'provider said',
    new Error('at https://as.example/token?code=s3cret'),
    { access_token: 's3cret' },
  );
  expect(text).not.toContain('s3cret');
  expect(JSON.parse(text)).toMatchObject({
    level: 40,
    msg: 'a library said something',
    said: ['provider said', { message: expect.any(String) }, { access_token: '[redacted]' }],
  });
});
