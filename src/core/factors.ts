// What people hold beside the password, put together.
import {
  createChallenges,
  createKeptCodes,
  createMailedCodes,
  createPasskeys,
  createSecondFactors,
  createShownCodes,
  createTotpSecrets,
  createTrustedBrowsers,
  timeStepAt,
} from '../capabilities/second-factor/index.ts';
import { trustDaysOf } from '../capabilities/tenants/index.ts';
import type { Ground } from './build.ts';
import type { Core } from './index.ts';

/** What people hold beside the password. */
export function buildFactors(
  { clock, stores, vault, installation, hasher, settings }: Ground,
  { accounts, mail, budgets }: Pick<Core, 'accounts' | 'mail' | 'budgets'>,
) {
  const { ephemeral } = stores;
  const forgottenBefore = async () => (await installation.current()).forgottenBefore;
  const floor = async () => timeStepAt(await forgottenBefore());
  const totp = createTotpSecrets({ ephemeral, vault, clock, floor });
  const keptCodes = createKeptCodes({ accounts, hashing: hasher, clock });
  const mailedCodes = createMailedCodes({ ephemeral, budgets, mail, vault, clock, forgottenBefore });
  return {
    totp,
    shownCodes: createShownCodes({ vault }),
    challenges: createChallenges({ ephemeral, clock }),
    keptCodes,
    mailedCodes,
    passkeys: createPasskeys({ accounts, clock, issuer: settings.issuer }),
    trustedBrowsers: createTrustedBrowsers({ ephemeral, clock, daysOf: trustDaysOf }),
    secondFactors: createSecondFactors({ accounts, totp, keptCodes, mailedCodes }),
  };
}
