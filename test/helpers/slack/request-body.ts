import { Refusal } from './refusal.js';
import { type Fields, isFields } from './shapes.js';

export interface ReadBody {
  readonly fields: Fields;
  readonly json: boolean;
}

function inJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal('invalid_json');
  }
}

/** A POST's arguments, in the two forms that Slack takes. */
export function readBody(type: string, body: string): ReadBody {
  if (body === '') return { fields: {}, json: false };
  if (type.startsWith('application/x-www-form-urlencoded'))
    return { fields: Object.fromEntries(new URLSearchParams(body)), json: false };
  if (!type.startsWith('application/json')) throw new Refusal('invalid_post_type');
  const parsed = inJson(body);
  if (!isFields(parsed)) throw new Refusal('json_not_object');
  return { fields: parsed, json: true };
}
