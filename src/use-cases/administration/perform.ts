import type { z } from 'zod';
import { type Refused, refuse } from '../../foundation/base/index.ts';
import { ConditionFailed } from '../../foundation/stores/index.ts';
import type { Actor, Extent } from './authority.ts';
import { type Context, contextOf, createEntries } from './entries.ts';
import { askerOf } from './long/asker.ts';
import type {
  AnyOperation,
  Call,
  Operation,
  Perform,
  Performed,
  Request,
  Start,
  TargetKind,
  Targets,
} from './operation.ts';
import type { AdministrationParts } from './parts.ts';
import {
  areaOf,
  extentIn,
  knows,
  type Loaded,
  load,
  objection,
  outOfReach,
  type Place,
  placeOf,
  reachedOf,
} from './targets.ts';
import { createVersions } from './versions.ts';

/** A request that nothing stands in the way of. */
interface Admitted<I> {
  found: Loaded;
  input: I;
  context: Context;
}

function mistakesOf(error: z.ZodError): Refused {
  return refuse('input_invalid', {
    mistakes: error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  });
}

/** Parse, load, check, run, record, tell, strip: the same for every operation and every door (ADM-6). */
export function createPerform(parts: AdministrationParts): { perform: Perform; start: Start } {
  const { audit, clock, longOperations } = parts;
  const entries = createEntries(parts);

  const versions = createVersions(parts.documents);

  /** What was held to a version and met another one is refused; anything else broke off. */
  const refusedOrFailed = async (declared: AnyOperation, context: Context, error: unknown) =>
    error instanceof ConditionFailed
      ? refuse('precondition_failed')
      : entries.failed(declared, context, error);

  /** Everything that is asked before an operation is run. */
  const admit = async <On extends TargetKind, I extends z.ZodType, O extends z.ZodType>(
    declared: Operation<On, I, O>,
    { at, input, actor, askedAt = clock.now() }: Request<On, I>,
  ): Promise<Admitted<z.output<I>> | Refused> => {
    const parsed = declared.input.safeParse(input);
    if (!parsed.success) return mistakesOf(parsed.error);
    const { on, permission } = declared;
    const named = at as Place;
    const isAnywhere = on === 'area' && named.tenant === undefined;
    const place = isAnywhere ? areaOf(declared, actor) : named;
    const found = await load(parts, on, place);
    const isMissing = 'refused' in found;
    if (isMissing || !knows(on, found, actor)) {
      if (on === 'installation' || isAnywhere)
        return entries.refused(declared, refuse('forbidden', { permission }).refused, actor, {});
      const answer = isMissing && actor.isOperator ? found : outOfReach(on, place);
      // The audit entry belongs to the actor's own tenant, even if another was named: the other tenant learns nothing
      // from its audit, and the actor's tenant does not learn what exists.
      return entries.refused(declared, answer.refused, actor, {});
    }
    const problem = objection(declared, found, actor, askedAt);
    if (problem) return entries.refused(declared, problem.refused, actor, found);
    const reason = (parsed.data as { reason?: unknown } | undefined)?.reason;
    const context = { ...contextOf(actor, found), ...(typeof reason === 'string' ? { reason } : {}) };
    return { found, input: parsed.data, context };
  };

  const callOf = (
    actor: Actor,
    extent: Extent,
    context: Context,
    progress: Request<TargetKind, z.ZodType>['progress'],
  ): Call => ({
    actor,
    extent,
    progress: async (count) => progress?.(count),
    perform,
    record: (event) => audit.write({ ...context, outcome: 'success', ...event }),
  });

  const perform: Perform = async <On extends TargetKind, I extends z.ZodType, O extends z.ZodType>(
    declared: Operation<On, I, O>,
    request: Request<On, I>,
  ): Promise<Performed<z.output<O>>> => {
    const admitted = await admit(declared, request);
    if ('refused' in admitted) return admitted;
    const { found, input, context } = admitted;
    const { actor, ifVersion } = request;
    const call = callOf(actor, extentIn(declared, found, actor), context, request.progress);
    const run = () =>
      declared
        .run(parts, found as unknown as Targets[On], input, call)
        .catch((error: unknown) => refusedOrFailed(declared, context, error));
    // Read before the target is answered: a client that holds an older version is told so, never the other way round.
    const seen = await versions.seen(declared, found, ifVersion);
    if ('refused' in seen)
      return { ...(await entries.refused(declared, seen.refused, actor, found)), ...seen };
    const done = await seen.held(run);
    const version = await seen.after();
    if ('refused' in done) {
      const { refused } = seen.isOvertaken(version) ? refuse('precondition_failed') : done;
      return { ...(await entries.refused(declared, refused, actor, found)), ...version };
    }
    await entries.finished(declared, done, context);
    return { output: declared.output.parse(done.output), ...version };
  };

  const start: Start = async (declared, request) => {
    const { permission } = declared;
    if (!declared.isLong || permission === 'per-record')
      throw new TypeError(`${declared.name} is not a long operation`);
    const admitted = await admit(declared, request);
    if ('refused' in admitted) return admitted;
    const { found } = admitted;
    const { input, actor } = request;
    const operationId = await longOperations.ask({
      operation: declared.name,
      permission,
      tenantId: reachedOf(found).tenantId ?? '',
      by: actor.by,
      // As it was typed: it is parsed again when it is run, and what a schema makes of an input it need not take as one.
      request: { at: placeOf(found), input, actor: askerOf(actor) },
      askedAt: clock.now(),
    });
    return { operationId };
  };

  return { perform, start };
}
