/** Members of what came as JSON from elsewhere: each is checked before it is used, and nothing here throws. */

type Members = { readonly [name: string]: unknown };

const NONE: Members = {};

/** An object's members; none where it is no object. */
export function membersOf(value: unknown): Members {
  return isMembers(value) ? value : NONE;
}

/** An id or a count. */
export function integerOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

/** An id that is never zero or below: of a person, a message, an update. */
export function positiveOf(value: unknown): number | undefined {
  const integer = integerOf(value);
  return integer !== undefined && integer > 0 ? integer : undefined;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
