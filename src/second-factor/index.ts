// second-factor: who must have one, setting it up, and judging what a person types as a code.
// Not here: how many tries are left (lockout), which page comes next (sign-in).
export { factorDuty, mustHaveFactor } from './policy.ts';
export { type CodeVerdict, createSecondFactor, type SecondFactor } from './second-factor.ts';
export { judgeCode, newTotpSecret, readCode, timeStepAt, totpUri } from './totp.ts';
