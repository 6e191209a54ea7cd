/**
 * The guards that every entry path answers for (security G5). `audit` and `wire` (sizes, headers, no-store) are on for all.
 *
 * - `state`: account and tenant enabled, not locked
 * - `attempts`: a try is reserved before the slow check
 * - `factor`: the second factor is demanded and recorded truthfully
 * - `steps`: forced change and enrolment cannot be skipped
 * - `bind`: bound to the browser, interaction or application that began it
 * - `csrf`: the request comes from our own pages
 * - `fresh`: a sign-in of the last 15 minutes
 * - `authz`: application, role, tenant, object
 * - `once`: claimed once
 * - `rate`: budgets of network, tenant, recipient
 * - `same`: the same answer and time for strangers
 */
export const guardNames = [
  'state',
  'attempts',
  'factor',
  'steps',
  'bind',
  'csrf',
  'fresh',
  'authz',
  'once',
  'rate',
  'same',
] as const;
export type GuardName = (typeof guardNames)[number];

export type Guard = { on: true; how: string } | { on: false; why: string };

/** Every guard, decided: a route that leaves one out does not compile. */
export type Guards = Readonly<Record<GuardName, Guard>>;

/** @param how what enforces it */
export function on(how: string): Guard {
  return { on: true, how };
}

/** @param why it is not needed on this route */
export function waived(why: string): Guard {
  return { on: false, why };
}

/** The guards of a page that reads only and shows the same to everybody. @param why nothing else is needed; @param cost why no budget is */
export function publicReading(why: string, cost: string): Guards {
  const all = Object.fromEntries(guardNames.map((name) => [name, waived(why)])) as Record<GuardName, Guard>;
  return {
    ...all,
    csrf: waived('reads only'),
    rate: waived(cost),
    same: on('the same answer for everybody'),
  };
}
