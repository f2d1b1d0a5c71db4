const ASKED_AMISS_JUST_NOW = new Set([408, 425, 429]);

/** An answer of who is ill or busy: it says nothing about what was asked (RFC 9110 §15.5.9 and §15.6, RFC 8470 §5.2, RFC 6585 §4). */
export const isNotNow = (status: number): boolean => status >= 500 || ASKED_AMISS_JUST_NOW.has(status);
