/** Why a right password is not enough by itself; `why` has a sentence for each reason (LCK-8). */
export type ProgramRefusal =
  | 'permission'
  | 'second_factor_required'
  | 'second_factor_missing'
  | 'password_change_required';
