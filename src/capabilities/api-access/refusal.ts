/** What a right password alone does not suffice for; `why` has a sentence for each (LCK-8). */
export type ProgramRefusal =
  | 'permission'
  | 'second_factor_required'
  | 'second_factor_missing'
  | 'password_change_required';
