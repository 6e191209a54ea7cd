/**
 * Every error that a caller may meet: a stable code, the HTTP status, and the one sentence that strangers see.
 * `docs/errors.md` is held to this list by a test.
 */
export const errorCatalogue = {
  bad_request: { status: 400, message: 'The request was not understood.' },
  interaction_expired: { status: 400, message: 'This sign-in has expired or was already finished.' },
  link_invalid: {
    status: 400,
    message: 'This link has expired or was already used. Ask for a new one, or ask your administrator.',
  },
  unauthorized: { status: 401, message: 'Token, session or credentials are not accepted.' },
  password_change_required: { status: 401, message: 'Change the password first.' },
  second_factor_required: { status: 401, message: 'A code is required.' },
  second_factor_missing: {
    status: 401,
    message: 'Set up a second factor first, on the sign-in page.',
  },
  token_missing: { status: 401, message: 'Show an access token: Authorization: Bearer.' },
  token_invalid: { status: 401, message: 'The access token is not accepted: get a new one.' },
  scope_missing: { status: 403, message: 'The access token does not have the scope admin.' },
  cross_site_refused: { status: 403, message: 'The request came from another site and was refused.' },
  not_found: { status: 404, message: 'There is nothing at this address.' },
  session_not_found: { status: 404, message: 'There is no such session.' },
  method_not_allowed: { status: 405, message: 'Method not allowed.' },
  idempotency_under_way: {
    status: 409,
    message: 'A request with this Idempotency-Key is under way. Please try again in a moment.',
  },
  body_too_large: { status: 413, message: 'The request is too large.' },
  media_type_unsupported: { status: 415, message: 'The media type of the request is not supported.' },
  password_refused: { status: 422, message: 'The new password does not meet the rules.' },
  idempotency_key_invalid: {
    status: 422,
    message: 'An Idempotency-Key has 1 to 255 printable ASCII characters.',
  },
  idempotency_key_reused: {
    status: 422,
    message: 'This Idempotency-Key was used for another request. Choose a new one.',
  },
  too_many_calls: { status: 429, message: 'Too many calls. Please try again in a moment.' },
  too_many_tries: {
    status: 429,
    message: 'Too many failed attempts came from your network. Please try again in a few minutes.',
  },
  too_many_begun: {
    status: 429,
    message:
      'Too many sign-ins or sign-outs were started from your network. Please try again in a few minutes.',
  },
  host_unknown: { status: 421, message: 'This server does not answer for that host.' },
  busy: { status: 503, message: 'The service is busy. Please try again in a moment.' },
  store_unavailable: {
    status: 503,
    message: 'The service is not available at the moment. Please try again.',
  },
  /** A store that answers but must not be used: it may evict, belongs to another master key, or to a newer version. */
  store_unfit: {
    status: 503,
    message: 'The service is not available at the moment. Please try again.',
  },
  internal: { status: 500, message: 'Something went wrong on our side.' },
} as const satisfies Record<string, { status: number; message: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

/** An error with a public sentence; `detail` is only for the log. */
export class SallyportError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly publicMessage: string;
  readonly detail: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  /** @param options `said`: the public sentence, where what is wrong is the caller's own and can be named */
  constructor(
    code: ErrorCode,
    detail?: string,
    options?: ErrorOptions & { retryAfterSeconds?: number; said?: string },
  ) {
    super(detail ? `${code}: ${detail}` : code, options);
    this.name = 'SallyportError';
    this.code = code;
    this.status = errorCatalogue[code].status;
    this.publicMessage = options?.said ?? errorCatalogue[code].message;
    this.detail = detail;
    this.retryAfterSeconds = options?.retryAfterSeconds ?? (this.status === 503 ? 2 : undefined);
  }
}

export function isSallyportError(error: unknown): error is SallyportError {
  return error instanceof SallyportError;
}
