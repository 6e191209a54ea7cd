import {
  type Mistake,
  type Refusal,
  refusalCatalogue,
  refusalSentence,
  type SallyportError,
  type Say,
} from '../../foundation/base/index.ts';
import { createProblems, pointerTo, type WebContext } from '../../foundation/web/index.ts';
import { FRESH_SECONDS } from '../../use-cases/administration/index.ts';

/** How a caller is told to come back with another token (RFC 6750, section 3; RFC 9470, section 3). */
const CHALLENGES: Readonly<Record<string, string>> = {
  token_missing: 'Bearer',
  token_invalid: 'Bearer error="invalid_token"',
  scope_missing: 'Bearer error="insufficient_scope", scope="admin"',
  fresh_sign_in_required: [
    'Bearer error="insufficient_user_authentication"',
    `error_description="A sign-in of the last ${FRESH_SECONDS / 60} minutes is needed"`,
    `max_age="${FRESH_SECONDS}"`,
  ].join(', '),
};

/** How the admin API says no. */
export interface ApiProblems {
  /** An administrator is told everything. */
  refused(ctx: WebContext, refusal: Refusal): void;
  /** The form of every other error below `/api/v1`. */
  form(ctx: WebContext, error: SallyportError): void;
}

function errorsOf({ values }: Refusal) {
  const mistakes = Array.isArray(values.mistakes) ? (values.mistakes as Mistake[]) : [];
  if (mistakes.length === 0) return {};
  return {
    errors: mistakes.map(({ path, message }) => ({
      pointer: pointerTo(path.split('.').filter((step) => step !== '')),
      detail: message,
    })),
  };
}

export function createApiProblems({ say, issuer }: { say: Say; issuer: string }): ApiProblems {
  const { send } = createProblems({ issuer });
  const challenge = (ctx: WebContext, code: string) => {
    const wanted = CHALLENGES[code];
    if (wanted) ctx.set('www-authenticate', wanted);
  };
  return {
    refused: (ctx, refusal) => {
      const { code } = refusal;
      challenge(ctx, code);
      const detail = refusalSentence(say, refusal);
      send(ctx, { code, status: refusalCatalogue[code], detail, ...errorsOf(refusal) });
    },
    form: (ctx, { code, status, publicMessage }) => {
      challenge(ctx, code);
      send(ctx, { code, status, detail: publicMessage });
    },
  };
}
