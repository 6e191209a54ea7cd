import type { z } from 'zod';
import type { AuditEvent } from '../../capabilities/audit/index.ts';
import { isSallyportError, type Refusal, type Refused, refuse } from '../../foundation/base/index.ts';
import {
  type Actor,
  extentOf,
  FRESH_SECONDS,
  isFresh,
  machineOutranks,
  mayAct,
  outranks,
  type Reached,
  reachedBy,
  sees,
} from './authority.ts';
import type {
  AnyOperation,
  Call,
  Done,
  Operation,
  Perform,
  Performed,
  Request,
  TargetKind,
  Targets,
} from './operation.ts';
import type { AdministrationParts } from './parts.ts';

/** What of a loaded target the checks and the audit read. */
interface Loaded {
  tenant?: Targets['account']['tenant'] | undefined;
  account?: Targets['account']['account'];
  application?: Targets['application']['application'];
}

/** A place as any operation may be given it. */
interface Place {
  tenant?: string;
  account?: string;
  population?: string;
  userName?: string;
  application?: string;
}

function notFound(what: string, name: string): Refused {
  return refuse('not_found', { what, name });
}

/**
 * The answer for actors who must not learn what exists: the same whether something is missing or out of reach, and
 * made only of what they typed (TEN-1).
 */
function outOfReach(on: TargetKind, { account, userName, application, tenant }: Place): Refused {
  return notFound(on === 'area' ? 'tenant' : on, account ?? userName ?? application ?? tenant ?? '');
}

function reachedOf({ tenant, account, application }: Loaded): Reached {
  if (account) return reachedBy(account);
  return { tenantId: tenant?.id ?? application?.tenantId ?? null };
}

/** A person knows their own tenant, even if they may do nothing there. */
function isOwnTenant(on: TargetKind, { tenant }: Loaded, { home }: Actor): boolean {
  return (on === 'tenant' || on === 'area') && tenant !== undefined && tenant.id === home?.tenantId;
}

/** Where no tenant is named: the installation for who reaches it with the permission, and for others their own tenant. */
function areaOf({ permission }: Pick<AnyOperation, 'permission'>, actor: Actor): Place {
  return mayAct(actor, permission, { tenantId: null }) || !actor.home ? {} : { tenant: actor.home.tenantId };
}

/** Loads what the place names, without asking what the actor may know of it. */
async function load(
  { accounts, tenants, applications }: AdministrationParts,
  on: TargetKind,
  { tenant: code, account: accountId, population, userName = '', application: id = '' }: Place,
): Promise<Loaded | Refused> {
  if (on === 'installation' || (on === 'area' && code === undefined)) return {};
  if (on === 'application') {
    const application = await applications.byId(id);
    if (!application) return notFound('application', id);
    const tenant = application.tenantId === null ? undefined : await tenants.byId(application.tenantId);
    return { application, tenant };
  }
  const tenant = (await tenants.byClientCode(code ?? '')) ?? (await tenants.byId(code ?? ''));
  if (!tenant || on === 'tenant' || on === 'area')
    return tenant ? { tenant } : notFound('tenant', code ?? '');
  const account =
    accountId === undefined
      ? await accounts.identified(tenant.id, population === 'agent' ? 'agent' : 'user', userName, 'either')
      : (await accounts.byId(accountId))?.doc;
  const name = accountId ?? userName;
  return account?.tenantId === tenant.id ? { tenant, account } : notFound(population ?? 'account', name);
}

/** Why this actor does not do this there: permission, rank, freshness, in that order; undefined: they do. Pure. */
function objection(
  {
    permission,
    effect,
    isSensitive,
    isNarrowed,
    on,
  }: Pick<AnyOperation, 'permission' | 'effect' | 'isSensitive' | 'isNarrowed' | 'on'>,
  target: Loaded,
  actor: Actor,
  now: number,
): Refused | undefined {
  const { account, tenant, application } = target;
  const reached = reachedOf(target);
  const isReached =
    isNarrowed && tenant ? extentOf(actor, permission, tenant.id) : mayAct(actor, permission, reached);
  if (!isReached) return refuse('forbidden', { permission });
  const isOutranked =
    (on === 'account' && account && tenant && outranks(account, tenant, actor)) ||
    (on === 'application' && application && machineOutranks(application, tenant, actor));
  if (effect !== 'reads' && isOutranked) return refuse('outranked');
  if (isSensitive && !isFresh(actor, now)) return refuse('fresh_sign_in_required', { maxAge: FRESH_SECONDS });
  return undefined;
}

function mistakesOf(error: z.ZodError): Refused {
  return refuse('input_invalid', {
    mistakes: error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  });
}

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

/** Parse, load, check, run, record, tell, strip: the same for every operation and every door (ADM-6). */
export function createPerform(parts: AdministrationParts): Perform {
  const { audit, clock, mail } = parts;

  const entryOf = ({ by, home, address = '', browser = '' }: Actor, target: Loaded) => ({
    actor: by,
    address,
    browser,
    tenantId: reachedOf(target).tenantId ?? home?.tenantId ?? '',
    accountId: target.account?.id ?? '',
    applicationId: target.application?.id ?? '',
  });

  /** Every refusal of a change, and each of an actor who is not the operator, is recorded. */
  const refused = async (
    declared: Pick<AnyOperation, 'name' | 'audit' | 'effect'>,
    refusal: Refusal,
    actor: Actor,
    target: Loaded,
  ): Promise<Refused> => {
    const isToldOf = !actor.isOperator || declared.effect !== 'reads';
    if (isToldOf && refusal.code !== 'input_invalid')
      await audit.write({
        ...entryOf(actor, target),
        type: 'operation.refused',
        outcome: 'refused',
        reason: refusal.code,
        detail: { operation: declared.name, ...told(refusal) },
      });
    return { refused: refusal };
  };

  /** A change that broke off may be made in part: the entry says that it was tried. */
  const failed = async (
    { name, effect }: Pick<AnyOperation, 'name' | 'effect'>,
    context: Omit<AuditEvent, 'type' | 'outcome'>,
    error: unknown,
  ): Promise<never> => {
    // Where a store failed, the audit would be waited for as long again; what the caller is told is the first error.
    const isOfStore = isSallyportError(error) && error.code === 'store_unavailable';
    if (effect !== 'reads' && !isOfStore)
      await audit
        .write({ ...context, type: 'operation.failed', outcome: 'failure', detail: { operation: name } })
        .catch(() => {});
    throw error;
  };

  const finish = async <O>(
    { audit: type, mail: letter }: Pick<AnyOperation, 'audit' | 'mail'>,
    { isUnchanged, entry, mail: told }: Done<O>,
    context: Omit<AuditEvent, 'type' | 'outcome'>,
  ): Promise<void> => {
    if (isUnchanged) return;
    if (type) await audit.write({ ...context, ...entry, type, outcome: 'success' });
    if (letter && told) await mail.notify(told.to, letter, told.values);
  };

  const perform: Perform = async <On extends TargetKind, I extends z.ZodType, O extends z.ZodType>(
    declared: Operation<On, I, O>,
    { at, input, actor, progress = () => {} }: Request<On, I>,
  ): Promise<Performed<z.output<O>>> => {
    const parsed = declared.input.safeParse(input);
    if (!parsed.success) return mistakesOf(parsed.error);
    const named = at as Place;
    const isAnywhere = declared.on === 'area' && named.tenant === undefined;
    const place = isAnywhere ? areaOf(declared, actor) : named;
    const found = await load(parts, declared.on, place);
    const isMissing = 'refused' in found;
    if (isMissing || !(isOwnTenant(declared.on, found, actor) || sees(actor, reachedOf(found)))) {
      if (declared.on === 'installation' || isAnywhere)
        return refused(declared, refuse('forbidden', { permission: declared.permission }).refused, actor, {});
      const answer = isMissing && actor.isOperator ? found : outOfReach(declared.on, place);
      // The audit entry belongs to the actor's own tenant, even if another was named: the other tenant learns nothing
      // from its audit, and the actor's tenant does not learn what exists.
      return refused(declared, answer.refused, actor, {});
    }
    const problem = objection(declared, found, actor, clock.now());
    if (problem) return refused(declared, problem.refused, actor, found);
    const reason = (parsed.data as { reason?: unknown } | undefined)?.reason;
    const context = { ...entryOf(actor, found), ...(typeof reason === 'string' ? { reason } : {}) };
    const extent = found.tenant && extentOf(actor, declared.permission, found.tenant.id);
    const call: Call = {
      actor,
      extent: extent ?? {},
      progress,
      perform,
      record: (event) => audit.write({ ...context, outcome: 'success', ...event }),
    };
    const done = await declared
      .run(parts, found as unknown as Targets[On], parsed.data, call)
      .catch((error: unknown) => failed(declared, context, error));
    if ('refused' in done) return refused(declared, done.refused, actor, found);
    await finish(declared, done, context);
    return { output: declared.output.parse(done.output) };
  };
  return perform;
}
