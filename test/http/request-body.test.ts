import { expect, test } from 'vitest';
import { readBody } from '../../src/http/request-body.js';

const posted = (body: string, announced: number): Request =>
  new Request('http://127.0.0.1/', {
    method: 'POST',
    body,
    headers: { 'content-length': String(announced) },
  });

test('a body that ends before what was announced of it is cut, also where nothing says that it broke off', async () => {
  expect(await readBody(posted('{"update_id":', 100), 1_000)).toEqual({ kind: 'cut' });
  expect(await readBody(posted('{}', 2), 1_000)).toMatchObject({ kind: 'whole' });
  expect(await readBody(posted('{}', 2_000), 1_000)).toEqual({ kind: 'too-large' });
});
