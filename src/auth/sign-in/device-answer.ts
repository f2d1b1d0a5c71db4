/**
 * The answer to who asks for a code (RFC 8628 §3.2), with what some providers spell otherwise: numbers as texts, an
 * interval that is none, Google's `verification_url`.
 */
export async function readable(response: Response): Promise<Response> {
  if (response.status !== 200) return response;
  const answer: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return response;
  const { interval, verification_url: page, ...rest }: Record<string, unknown> = { ...answer };
  const seconds = Number(interval);
  return Response.json({
    ...(page === undefined ? {} : { verification_uri: page }),
    ...rest,
    ...(Number.isFinite(seconds) && seconds > 0 ? { interval: seconds } : {}),
  });
}
