import { generateSecret, generateURI, verifySync } from 'otplib';
import { typedName } from '../../foundation/base/index.ts';
import type { Policy } from '../tenants/index.ts';

/** RFC 6238, section 4: the time step X. */
const TIME_STEP_SECONDS = 30;

/** RFC 6238: the number of whole steps since the epoch. */
export function timeStepAt(now: number): number {
  return Math.floor(now / TIME_STEP_SECONDS);
}

/** A secret of 160 bits as base32 (RFC 4226, section 4). */
export function newTotpSecret(): string {
  return generateSecret({ length: 20 });
}

/** A secret in groups of four, as people type it into an app. */
function spaced(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, '$1 ');
}

/** What a page says of a secret that is to be added to an app (MFA-2). */
export function secretToAdd(
  secret: string,
  site: { name: string; policy: Policy },
  userName: string,
): { uri: string; secret: string; phoneApps: string; desktopApps: string } {
  const { phoneApps, desktopApps } = site.policy.secondFactor;
  return {
    uri: totpUri(secret, site.name, userName),
    secret: spaced(secret),
    phoneApps: phoneApps.join(', '),
    desktopApps: desktopApps.join(', '),
  };
}

/** Key URI format: a colon separates the issuer from the name, and apps differ in how they read one more of them. */
function labelPart(text: string): string {
  return typedName(text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}:：﹕]+/gu, ' ').replace(/\s+/gu, ' '));
}

/** The `otpauth://` address that authenticator apps read: SHA-1, 6 digits, 30 seconds, for compatibility (MFA-2). */
export function totpUri(secret: string, issuer: string, label: string): string {
  return generateURI({
    issuer: labelPart(issuer) || 'Sallyport',
    label: labelPart(label) || 'account',
    secret,
  });
}

/**
 * Judges a code against a secret. Stores nothing: follow a step with the compare-and-set that lets it be used once.
 * @param driftSteps how many earlier steps are accepted; never a later one (D9)
 * @returns the time step that the code belongs to, or undefined when it is wrong
 * @see RFC 6238, section 5.2 (transmission delay)
 */
export function judgeCode(input: {
  secret: string;
  code: string;
  now: number;
  driftSteps: number;
}): number | undefined {
  const { secret, code, now, driftSteps } = input;
  const result = verifySync({
    secret,
    token: code,
    epoch: now,
    epochTolerance: [driftSteps * TIME_STEP_SECONDS, 0],
  });
  return result.valid && 'timeStep' in result ? result.timeStep : undefined;
}
