const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const moment = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

/** RFC 6749 appendix A.1: anything else could be sent nowhere. */
const clientId = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[\x20-\x7e]+$/.test(value) ? value : undefined;

/**
 * What a registration's answer holds that we use (RFC 7591 §3.2.1). The client has been made: the answer is not thrown
 * away over a `null`, or over what it repeats of the question, or does not. Without a client id it is none.
 */
export async function usableRegistration(response: Response): Promise<Response> {
  const answer: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  if (!response.ok || !isObject(answer)) return response;
  const fields = {
    client_id: clientId(answer.client_id),
    client_secret: text(answer.client_secret),
    client_secret_expires_at: moment(answer.client_secret_expires_at),
    token_endpoint_auth_method: text(answer.token_endpoint_auth_method),
    redirect_uris: [],
  };
  return Response.json(fields, { status: response.status });
}
