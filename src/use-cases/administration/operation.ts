import type { z } from 'zod';
import type { Account, Permission } from '../../capabilities/accounts/index.ts';
import type { Application } from '../../capabilities/applications/index.ts';
import type { AuditEvent, AuditType } from '../../capabilities/audit/index.ts';
import type { Member } from '../../capabilities/credential-events/index.ts';
import type { LongOperation } from '../../capabilities/long-operations/index.ts';
import type { Tenant } from '../../capabilities/tenants/index.ts';
import type { Refusal, Refused } from '../../foundation/base/index.ts';
import type { Actor, Extent } from './authority.ts';
import type { AdministrationParts } from './parts.ts';

/** What an operation acts on, loaded within the actor's reach. */
export interface Targets {
  installation: Record<never, never>;
  /** One tenant, or the whole installation. */
  area: { tenant: Tenant | undefined };
  tenant: { tenant: Tenant };
  account: Member;
  application: { application: Application; tenant: Tenant | undefined };
  /** A long operation that someone started. */
  operation: { started: LongOperation };
}
export type TargetKind = keyof Targets;

/** How a door names a target. A tenant goes by its client code or id. */
export interface Places {
  installation: Record<never, never>;
  /** Without a tenant: the installation for who reaches it, and for others their own tenant. */
  area: { tenant?: string | undefined };
  tenant: { tenant: string };
  account:
    | { tenant: string; account: string }
    | { tenant: string; population: Account['population']; userName: string };
  application: { application: string };
  operation: { operation: string };
}

/** What `run` answers where it did what was asked. */
export interface Done<O> {
  output: O;
  /** Nothing was changed, so that there is nothing to record or to tell. */
  isUnchanged?: boolean;
  /** What the audit entry says beside the declaration: the target where it was only now made, the reason, numbers. */
  entry?: Partial<Pick<AuditEvent, 'tenantId' | 'accountId' | 'applicationId' | 'reason' | 'detail'>>;
  /** The mail to the affected person, where the operation tells them. */
  mail?: { to: Account; values?: Record<string, string> };
}

/** What `run` may use of the call that it is part of. */
export interface Call {
  actor: Actor;
  /** The accounts of the tenant to which an operation that `isNarrowed` keeps. */
  extent: Extent;
  /** Writes one more audit entry, of the actor and the target. */
  record(event: Pick<AuditEvent, 'type'> & Partial<AuditEvent>): Promise<void>;
  /**
   * Tells how many were looked at so far; what is long waits for it after every page.
   * @throws where the operation is to stop
   */
  progress(count: number): Promise<void>;
  /** Performs another operation as the same actor: with its own permission, refusals and entry. */
  perform: Perform;
}

/** One thing that administrators do, declared once; command line, admin API and console are doors to it (ADM-6). */
export interface Operation<On extends TargetKind, I extends z.ZodType, O extends z.ZodType> {
  /** As the command line says it, such as `account unlock`. */
  name: string;
  /** One sentence for help, OpenAPI and the console. */
  summary: string;
  on: On;
  /** `per-record`: that of the long operation which is asked about; the person who started it needs none. */
  permission: Permission | 'per-record';
  effect: 'reads' | 'changes' | 'creates';
  /** It keeps to those accounts of the tenant that the actor reaches, so that a permission for one team is enough (ACC-7). */
  isNarrowed?: boolean;
  /** It may take longer than a caller waits: it can be started, and asked for again by an id. It must bear running twice. */
  isLong?: boolean;
  /** It answers the state of its target, which the admin API then tells by an `ETag`. */
  answersState?: boolean;
  /** It needs a fresh sign-in, and the person whom it concerns is told (ADM-5). */
  isSensitive?: boolean;
  /** The entry that it writes; of what reads, only the audit says who read it. */
  audit?: AuditType;
  /** The mail that tells the person, as `mail.<name>` in the language files. */
  mail?: string;
  /** Below `/api/v1`; targets in braces, and fields of the input. */
  path: string;
  /** At the admin API, where it is not GET for what reads and POST for the rest. */
  method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  input: I;
  output: O;
  run(
    parts: AdministrationParts,
    target: Targets[On],
    input: z.output<I>,
    call: Call,
  ): Promise<Done<z.input<O>> | Refused>;
}

export type AnyOperation = Operation<TargetKind, z.ZodType, z.ZodType>;

/** A declaration as it stands; the types of `run` follow from its schemas. */
export function operation<On extends TargetKind, I extends z.ZodType, O extends z.ZodType>(
  declaration: Operation<On, I, O>,
): Operation<On, I, O> {
  return declaration;
}

export interface Request<On extends TargetKind, I extends z.ZodType> {
  at: Places[On];
  input: z.input<I>;
  actor: Actor;
  /** Waited for where it answers a promise. */
  progress?: (count: number) => void;
  /** Epoch seconds at which it was asked for, where that was before: a sign-in had to be fresh then. */
  askedAt?: number;
  /** Versions of the target: what changes it is refused where it has another, in the very write that changes it. */
  ifVersion?: readonly number[];
}

/** `version`: of the target, where the operation answers its state or its version was asked about. */
export type Performed<O> = ({ output: O } | { refused: Refusal }) & { version?: number };

/** The one way in which an operation is carried out. */
export type Perform = <On extends TargetKind, I extends z.ZodType, O extends z.ZodType>(
  operation: Operation<On, I, O>,
  request: Request<On, I>,
) => Promise<Performed<z.output<O>>>;

/**
 * Starts a long operation without waiting for it. Everything is checked as if it were performed at once; when it is run,
 * permissions and rank are checked again.
 */
export type Start = <On extends TargetKind, I extends z.ZodType, O extends z.ZodType>(
  operation: Operation<On, I, O>,
  request: Omit<Request<On, I>, 'progress' | 'askedAt' | 'ifVersion'>,
) => Promise<{ operationId: string } | Refused>;

/** The result of `run`. */
export function done<O>(output: O, rest: Omit<Done<O>, 'output'> = {}): Done<O> {
  return { output, ...rest };
}
