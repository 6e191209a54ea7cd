import { z } from 'zod';
import { grantsOf, noFactor } from '../../../capabilities/accounts/index.ts';
import { memberOf } from '../../../capabilities/credential-events/index.ts';
import { isTotpSecret } from '../../../capabilities/second-factor/index.ts';
import { refuse } from '../../../foundation/base/index.ts';
import { FRESH_SECONDS, isFresh, notHeld } from '../authority.ts';
import { done, operation } from '../operation.ts';
import { accountView, onlyReason, permission, population, reason, role, viewOf } from '../schemas.ts';
import { choosePassword, kindOfSetting, makeLink } from './setting.ts';

/** What is told once and never again: a password that was made, or the link under which the person sets one. */
const shownOnce = {
  madePassword: z.string().optional().describe('the password that was made, shown once'),
  temporary: z.boolean().optional().describe('it must be changed at the next sign-in'),
  link: z.string().nullable().optional().describe('the link under which the person sets one, shown once'),
  mailed: z.boolean().optional(),
};
const typed = z.string().max(4_096).optional();

/** A link is recorded beside the operation that needed one. */
const linkEntry = (accountId: string, { mailed }: { mailed: boolean }) => ({
  type: 'link.sent' as const,
  accountId,
  reason: mailed ? 'mailed' : 'handed over',
});

export const create = operation({
  name: 'account create',
  summary:
    'Creates an account; its password is set, made, or chosen by the person under a link, as the policy says.',
  on: 'tenant',
  permission: 'manage-accounts',
  effect: 'creates',
  audit: 'account.created',
  path: '/tenants/{tenant}/accounts',
  input: z.strictObject({
    population,
    userName: z.string().max(1_000),
    name: z.string().max(300).optional(),
    email: z.string().max(300).optional(),
    role: role.default('Agent'),
    permissions: z.array(permission).default([]),
    password: typed,
    permanent: z.boolean().default(false),
    totpSecret: z.string().max(300).optional().describe('base32; the factor is active at once'),
  }),
  output: accountView.extend(shownOnce),
  run: async (parts, { tenant }, input, { actor, record }) => {
    const { password, permanent, totpSecret, ...person } = input;
    const missing = notHeld(actor, grantsOf(person, tenant));
    if (missing.length > 0) return refuse('permission_not_held', { permissions: missing });
    // Giving a role is sensitive when it is given with the account too (ADM-5).
    const givesPower = grantsOf(person, tenant).some(({ reach }) => reach !== 'self');
    if (givesPower && !isFresh(actor, parts.clock.now()))
      return refuse('fresh_sign_in_required', { maxAge: FRESH_SECONDS });
    if (totpSecret !== undefined && !isTotpSecret(totpSecret)) return refuse('totp_secret_invalid');
    const kind = kindOfSetting(tenant, actor, input, false);
    if (typeof kind === 'object') return kind;
    const chosen =
      kind === 'link'
        ? undefined
        : await choosePassword(parts, tenant, { ...person, secondFactor: noFactor }, password);
    if (chosen && 'refused' in chosen) return chosen;
    const temporary = kind === 'temporary';
    const account = await parts.accounts.create({
      ...person,
      tenantId: tenant.id,
      password: chosen ? await parts.passwords.make(chosen.password, tenant.policy, temporary) : null,
      identifiedBy: tenant.policy.signIn.identifiedBy,
    });
    if ('refused' in account) return account;
    if (account.role === 'SysAdmin') await parts.sysAdmins.join(account);
    const entry = { accountId: account.id, reason: permanent ? 'permanent password' : '' };
    if (totpSecret !== undefined) {
      const bound = await parts.secondFactors.bindKnown(account.id, totpSecret);
      await record({
        type: 'authenticator.bound',
        accountId: account.id,
        factor: bound?.kind ?? '',
        reason: 'known secret',
      });
    }
    const stored = (await parts.accounts.byId(account.id))?.doc ?? account;
    if (chosen) {
      const made = password === undefined ? { madePassword: chosen.password } : {};
      return done({ ...viewOf(stored), ...made, temporary }, { entry });
    }
    const link = await makeLink(parts, memberOf(account, tenant));
    if ('refused' in link) return link;
    await record(linkEntry(account.id, link));
    return done({ ...viewOf(stored), ...link }, { entry });
  },
});

export const setPassword = operation({
  name: 'account set-password',
  summary:
    'Sets the password of an account, makes one, or sends a link, as the policy says; sessions and tokens end.',
  on: 'account',
  permission: 'set-password',
  effect: 'changes',
  isSensitive: true,
  audit: 'password.set',
  mail: 'password-set',
  path: '/tenants/{tenant}/accounts/{account}/password',
  input: z.strictObject({ password: typed, permanent: z.boolean().default(false), reason }),
  output: z.object(shownOnce),
  run: async (parts, member, input, { actor, record }) => {
    const { tenant, account } = member;
    const kind = kindOfSetting(tenant, actor, input, actor.by === account.id);
    if (typeof kind === 'object') return kind;
    if (kind === 'link') {
      const link = await makeLink(parts, member);
      if ('refused' in link) return link;
      await record(linkEntry(account.id, link));
      // The link is the change: the mail that carries it tells the person.
      return done(link, { isUnchanged: true });
    }
    const chosen = await choosePassword(parts, tenant, account, input.password);
    if ('refused' in chosen) return chosen;
    const temporary = kind === 'temporary';
    const made = await parts.passwords.make(chosen.password, tenant.policy, temporary);
    const why = input.permanent ? 'permanent, by the operator' : kind;
    const event = await parts.sessions.credentialEvent({
      accountId: account.id,
      kind: 'password-set',
      change: (current) => parts.passwords.withPassword(current, made),
      context: { actor: actor.by, reason: why },
    });
    if (!event) return refuse('account_gone');
    const shown = input.password === undefined ? { madePassword: chosen.password } : {};
    return done({ ...shown, temporary }, { entry: { reason: why }, mail: { to: event.account } });
  },
});

/** On evidence that someone else knows it (S6). */
export const compromised = operation({
  name: 'account compromised',
  summary: 'Marks the password as known to someone else: everything ends, and the next sign-in changes it.',
  on: 'account',
  permission: 'set-password',
  effect: 'changes',
  isSensitive: true,
  audit: 'password.compromised',
  mail: 'password-compromised',
  path: '/tenants/{tenant}/accounts/{account}/compromised',
  input: onlyReason,
  output: z.object({ mustChange: z.literal(true) }),
  run: async ({ sessions, clock }, { account }, input, { actor }) => {
    await sessions.credentialEvent({
      accountId: account.id,
      kind: 'password-compromised',
      change: (current) =>
        current.password
          ? { ...current, link: null, password: { ...current.password, compromisedAt: clock.now() } }
          : undefined,
      context: { actor: actor.by, reason: input.reason },
    });
    return done({ mustChange: true as const }, { mail: { to: account } });
  },
});
