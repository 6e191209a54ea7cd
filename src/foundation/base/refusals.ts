import type { Say } from './language.ts';

/**
 * Every reason for which an administrative operation or a capability says no: a stable code and the HTTP status that the admin
 * API answers with. The sentence of each stands in the language files under `refusal`; `docs/errors.md` lists the codes.
 */
export const refusalCatalogue = {
  input_invalid: 422,
  not_found: 404,
  forbidden: 403,
  fresh_sign_in_required: 401,
  outranked: 403,
  permission_not_held: 403,
  last_sysadmin: 409,
  precondition_failed: 412,
  changed_meanwhile: 409,
  account_gone: 404,
  account_disabled: 409,
  user_name_empty: 422,
  user_name_too_long: 422,
  user_name_untypable: 422,
  user_name_taken: 409,
  identifier_taken: 409,
  email_needed: 422,
  email_invalid: 422,
  password_refused: 422,
  password_set_by_link: 409,
  permanent_by_operator_only: 403,
  factor_mode_off: 409,
  factor_missing: 409,
  factor_active: 409,
  factor_not_active: 409,
  factor_method_not_allowed: 409,
  login_codes_off: 409,
  login_code_for_oneself: 403,
  login_codes_used_up: 429,
  reason_needed: 422,
  trusted_browser_unknown: 404,
  session_unknown: 404,
  totp_secret_invalid: 422,
  client_code_invalid: 422,
  client_code_taken: 409,
  preset_unknown: 404,
  policy_mistakes: 422,
  policy_operator_only: 403,
  policy_conflict: 409,
  policy_changes_at_once: 409,
  policy_email_ambiguous: 409,
  policy_revision_unknown: 404,
  policy_change_scheduled: 409,
  role_fixed: 409,
  token_name_invalid: 422,
  token_name_taken: 409,
  token_limit: 409,
  webhook_name_invalid: 422,
  webhook_name_taken: 409,
  webhook_limit: 409,
  webhook_off: 409,
  webhook_delivery_unknown: 404,
  application_id_reserved: 422,
  application_id_invalid: 422,
  application_id_taken: 409,
  application_has_no_secret: 409,
  application_secret_short: 422,
  application_secret_unprintable: 422,
  application_machine_has_no_sessions: 422,
  application_redirect_uri_needed: 422,
  application_audience_by_operator: 403,
  application_audience_invalid: 422,
  application_role_misplaced: 422,
  uri_not_absolute: 422,
  uri_has_fragment: 422,
  uri_has_wildcard: 422,
  uri_names_user: 422,
  uri_not_https: 422,
  uri_scheme: 422,
  key_published_already: 409,
  key_rotation_under_way: 409,
} as const satisfies Record<string, number>;

export type RefusalCode = keyof typeof refusalCatalogue;

/** A mistake at one place of an input. */
export interface Mistake {
  path: string;
  message: string;
}

type Value = string | number | readonly string[] | readonly Mistake[] | readonly { rule: string }[];

/** Why something was refused: a code, and the values that its sentence names. */
export interface Refusal {
  code: RefusalCode;
  values: Readonly<Record<string, Value>>;
}

export interface Refused {
  refused: Refusal;
}

/** What a capability or an operation answers in place of a result. */
export function refuse(code: RefusalCode, values: Refusal['values'] = {}): Refused {
  return { refused: { code, values } };
}

function worded(say: Say, value: Value): string | number {
  if (typeof value === 'string' || typeof value === 'number') return value;
  return value
    .map((one) => {
      if (typeof one === 'string') return one;
      return 'rule' in one ? say(`problem.${one.rule}`, { ...one }) : `${one.path}: ${one.message}`;
    })
    .join(value.every((one) => typeof one === 'object' && 'rule' in one) ? ' ' : ', ');
}

/** The one sentence of a refusal, for people, in the language of `say`. */
export function refusalSentence(say: Say, { code, values }: Refusal): string {
  const entries = Object.entries(values).map(([name, value]) => [name, worded(say, value)]);
  return say(`refusal.${code}`, Object.fromEntries(entries));
}
