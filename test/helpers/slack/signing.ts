import { createHmac } from 'node:crypto';

/** docs.slack.dev/authentication/verifying-requests-from-slack */
export function signed(secret: string, body: string, atMs: number): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(atMs / 1000));
  const digest = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${digest}` };
}
