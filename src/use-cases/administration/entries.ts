import type { AuditEvent } from '../../capabilities/audit/index.ts';
import { isSallyportError, type Refusal, type Refused } from '../../foundation/base/index.ts';
import type { Actor } from './authority.ts';
import type { AnyOperation, Done } from './operation.ts';
import type { AdministrationParts } from './parts.ts';
import { type Loaded, reachedOf } from './targets.ts';

/** Who, whom and where: what every entry of one call says. */
export type Context = Omit<AuditEvent, 'type' | 'outcome'>;

/** The values of refusals that are our own words. What the actor typed stays out of the audit: it may be a secret in the wrong field. */
const OWN_WORDS: ReadonlySet<string> = new Set([
  'permission',
  'permissions',
  'paths',
  'path',
  'role',
  'revision',
  'most',
]);

function told({ values }: Refusal): Record<string, string> {
  const own = Object.entries(values).filter(([name]) => OWN_WORDS.has(name));
  return Object.fromEntries(own.map(([name, value]) => [name, [value].flat().join(' ').slice(0, 200)]));
}

export function contextOf({ by, home, address = '', browser = '' }: Actor, target: Loaded): Context {
  return {
    actor: by,
    address,
    browser,
    tenantId: reachedOf(target).tenantId ?? home?.tenantId ?? '',
    accountId: target.account?.id ?? '',
    applicationId: target.application?.id ?? '',
  };
}

/** The audit entries and the mails of what is performed. */
export function createEntries({ audit, mail }: Pick<AdministrationParts, 'audit' | 'mail'>) {
  return {
    /** Every refusal of a change, and each of an actor who is not the operator, is recorded. */
    async refused(
      declared: Pick<AnyOperation, 'name' | 'effect'>,
      refusal: Refusal,
      actor: Actor,
      target: Loaded,
    ): Promise<Refused> {
      const isToldOf = !actor.isOperator || declared.effect !== 'reads';
      if (isToldOf && refusal.code !== 'input_invalid')
        await audit.write({
          ...contextOf(actor, target),
          type: 'operation.refused',
          outcome: 'refused',
          reason: refusal.code,
          detail: { operation: declared.name, ...told(refusal) },
        });
      return { refused: refusal };
    },

    /** A change that broke off may be made in part: the entry says that it was tried. */
    async failed(
      { name, effect }: Pick<AnyOperation, 'name' | 'effect'>,
      context: Context,
      error: unknown,
    ): Promise<never> {
      // Where a store failed, the audit would be waited for as long again; what the caller is told is the first error.
      const isOfStore = isSallyportError(error) && error.code === 'store_unavailable';
      if (effect !== 'reads' && !isOfStore)
        await audit
          .write({ ...context, type: 'operation.failed', outcome: 'failure', detail: { operation: name } })
          .catch(() => {});
      throw error;
    },

    async finished<O>(
      { audit: type, mail: letter }: Pick<AnyOperation, 'audit' | 'mail'>,
      { isUnchanged, entry, mail: told }: Done<O>,
      context: Context,
    ): Promise<void> {
      if (isUnchanged) return;
      if (type) await audit.write({ ...context, ...entry, type, outcome: 'success' });
      if (letter && told) await mail.notify(told.to, letter, told.values);
    },
  };
}
