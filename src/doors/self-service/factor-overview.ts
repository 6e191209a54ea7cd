import type { Account } from '../../capabilities/accounts/index.ts';
import {
  type Method,
  maySetUp,
  mayTurnOff,
  methods,
  methodsToSetUp,
  modeFor,
  recoveryCodesLeft,
  type TrustedBrowsers,
} from '../../capabilities/second-factor/index.ts';
import { longDate } from '../../foundation/base/index.ts';
import { browserName } from '../../foundation/web/index.ts';
import { takeNotice } from './notices.ts';
import { type Person, shell } from './person.ts';
import type { ProofParts } from './proof.ts';

export interface FactorOverviewParts extends ProofParts {
  trustedBrowsers: TrustedBrowsers;
}

/** `GET /account/second-factor`: every method with its state, recovery codes, trusted browsers. */
export async function showFactors(parts: FactorOverviewParts, person: Person): Promise<void> {
  const { ctx, account, tenant } = person;
  const { policy } = tenant;
  const { timeZone } = policy.locale;
  const token = parts.cookies.trust.read(ctx);
  const trusted = await parts.trustedBrowsers.list(person, token);
  parts.pages.render(ctx, 'account/second-factor', {
    title: 'factor.title',
    step: 'account',
    ...shell(person),
    notice: await takeNotice(parts, person),
    mode: modeFor(account, policy),
    status: account.secondFactor.status,
    // The vendors' words for the two buttons (MFA-5).
    words: tenant.preset === 'vcc-live' ? 'change' : 'plain',
    mayTurnOff: mayTurnOff(account, policy),
    methods: rows(account, allowed(parts, person), timeZone),
    lists: lists(account, allowed(parts, person), timeZone),
    recovery:
      account.secondFactor.status === 'active' && policy.secondFactor.recoveryCodes !== null
        ? {
            left: recoveryCodesLeft(account.secondFactor),
            of: account.secondFactor.recoveryCodes?.hashes.length ?? 0,
          }
        : undefined,
    trusted: await Promise.all(
      trusted.map(async ({ id, browser, address, beganAt, endsAt, isThis }) => ({
        id,
        browser: await browserName(browser),
        address,
        isThis,
        since: longDate(beganAt, timeZone),
        until: longDate(endsAt, timeZone),
      })),
    ),
  });
}

/** What this person may set up now. */
export function allowed({ mail }: ProofParts, { account, tenant }: Person): Method[] {
  return maySetUp(account, tenant.policy) ? methodsToSetUp(account, tenant.policy, mail.isConfigured) : [];
}

function heldOf({ secondFactor }: Account, { kind }: Method) {
  return secondFactor.authenticators.filter((one) => one.kind === kind);
}

/** The methods of which a person has one. */
function rows(account: Account, mayBeSetUp: readonly Method[], timeZone: string) {
  return methods
    .filter(({ most }) => most === 1)
    .flatMap((method) => {
      const [bound] = heldOf(account, method);
      const isAllowed = mayBeSetUp.includes(method);
      if (!bound && !isAllowed) return [];
      return [
        {
          method: method.name,
          id: bound?.id ?? '',
          isOn: bound !== undefined,
          since: bound ? longDate(bound.boundAt, timeZone) : '',
          mayBeSetUp: isAllowed && (!bound || method.isReplaceable),
        },
      ];
    });
}

/** The methods of which a person may have several, each with those that they have. */
function lists(account: Account, mayBeSetUp: readonly Method[], timeZone: string) {
  return methods
    .filter(({ most }) => most > 1)
    .map((method) => ({
      method: method.name,
      mayAdd: mayBeSetUp.includes(method),
      rows: heldOf(account, method).map((one) => ({
        id: one.id,
        name: method.nameOf?.(one) ?? '',
        since: longDate(one.boundAt, timeZone),
      })),
    }))
    .filter((list) => list.mayAdd || list.rows.length > 0);
}
