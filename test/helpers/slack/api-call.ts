import type { Slack } from './face.js';
import type { Fields } from './shapes.js';

/** A call as a plain HTTP client makes it, as JSON. */
export async function callApi(
  slack: Slack,
  token: string,
  method: string,
  args: object = {},
): Promise<Fields> {
  const response = await fetch(`${slack.apiUrl}${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(args),
  });
  return (await response.json()) as Fields;
}

/** The same as a form, which every method takes. */
export async function callForm(
  slack: Slack,
  token: string,
  method: string,
  args: Record<string, string> = {},
) {
  const response = await fetch(`${slack.apiUrl}${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: new URLSearchParams(args),
  });
  return (await response.json()) as Fields;
}

/** What comes of a use of a response_url. */
export async function respond(url: string, body: object) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.text() };
}
