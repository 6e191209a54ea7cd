/** Notices that tell of a success; every other one is an error. */
const GOOD: ReadonlySet<unknown> = new Set([
  'code-sent',
  'factor-bound',
  'factor-removed',
  'trust-ended',
  'others-ended',
  'session-ended',
]);

/** Which field an error is about; for a sign-in it is always the same one, no matter what was wrong (S19). */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  'wrong-password': ['password', 'currentPassword'],
  'password-too-long': ['password', 'currentPassword'],
  'wrong-code': ['code'],
  'no-code': ['code'],
  'wrong-current-password': ['currentPassword'],
  'passwords-differ': ['newPasswordAgain'],
  'new-password-refused': ['newPassword'],
};

/** What a page says of an error, for its title, its notice and its fields. */
export interface FormErrors {
  isError: boolean;
  /** The attributes of a field: described by the error if it is about this field, and focused if it is, or by the page's own wish. */
  field(name: string, isFirst?: boolean): string;
}

/** @param page what a template is given: a `notice`, or a sentence `alert` about the field `invalid` */
export function formErrors({ notice, alert, invalid }: Record<string, unknown>): FormErrors {
  const isError = Boolean(alert) || (Boolean(notice) && !GOOD.has(notice));
  const wrong = isError ? (FIELDS[String(notice)] ?? (invalid ? [String(invalid)] : [])) : [];
  return {
    isError,
    field: (name, isFirst = false) => {
      if (wrong.includes(name)) return ' aria-invalid="true" aria-describedby="error" autofocus';
      return isFirst && wrong.length === 0 ? ' autofocus' : '';
    },
  };
}
