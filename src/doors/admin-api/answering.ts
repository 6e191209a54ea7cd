import { type Refusal, refuse } from '../../foundation/base/index.ts';
import type { WebContext } from '../../foundation/web/index.ts';
import { type AnyOperation, allOperations, isFresh } from '../../use-cases/administration/index.ts';
import { type Address, API } from './addresses.ts';
import type { Caller } from './callers.ts';
import { createCursors } from './cursors.ts';
import { type Answer, createIdempotency } from './idempotency.ts';
import type { ApiProblems } from './problems.ts';
import { type Asked, askedOf, isPaged, listName, queryOf } from './requests.ts';
import type { AdminApiParts } from './routes.ts';
import { spoken } from './spoken.ts';
import { tagOf, versionsOf } from './tags.ts';

/** A call that was understood. */
interface Call {
  operation: AnyOperation;
  asked: Asked;
  caller: Caller;
  /** The name of the list that it asks for a page of. */
  list: string;
}

/** Whether the caller does not wait for the end (RFC 7240, section 4.1). */
function isAsynchronous(ctx: WebContext): boolean {
  return ctx
    .get('prefer')
    .split(',')
    .some((preference) => preference.trim().toLowerCase() === 'respond-async');
}

/**
 * Whether the caller has this state already (RFC 9110, section 13.1.2). Not Koa's own look, which heeds the `Cache-Control` that
 * `fetch` adds by itself.
 */
function isKnown(ctx: WebContext): boolean {
  const tag = ctx.response.get('etag');
  const known = ctx.get('if-none-match').split(',');
  return ctx.method === 'GET' && Boolean(tag) && known.some((one) => one.trim().replace(/^W\//, '') === tag);
}

/** What a long operation came to, as the operation itself would have said it. */
function withOutcome(output: Record<string, unknown>): Record<string, unknown> {
  const long = allOperations.find(({ name }) => name === output.operation);
  return long && output.output !== null ? { ...output, output: spoken(long.output, output.output) } : output;
}

/** Answers a call: asks for what it names, and says what came of it. */
export function createAnswering(parts: AdminApiParts, { refused }: ApiProblems) {
  const { perform, startOperation, vault, clock } = parts;
  const cursors = createCursors(vault);
  const idempotency = createIdempotency(parts);

  const refuseWith = (ctx: WebContext, refusal: Refusal, version: number | undefined): undefined => {
    if (version !== undefined) ctx.set('etag', tagOf(version));
    refused(ctx, refusal);
  };

  const started = async (
    ctx: WebContext,
    { operation, asked, caller }: Call,
  ): Promise<Answer | undefined> => {
    const { at, input } = asked;
    const outcome = await startOperation(operation, { at: at as never, input, actor: caller.actor });
    if ('refused' in outcome) return refuseWith(ctx, outcome.refused, undefined);
    ctx.set('preference-applied', 'respond-async');
    return { status: 202, body: outcome, location: `${API}/operations/${outcome.operationId}` };
  };

  const performed = async (ctx: WebContext, call: Call): Promise<Answer | undefined> => {
    const { operation, asked, caller, list } = call;
    const ifVersion = versionsOf(ctx.headers['if-match']);
    const outcome = await perform(operation, {
      at: asked.at as never,
      input: asked.input,
      actor: caller.actor,
      ...(ifVersion ? { ifVersion } : {}),
    });
    if ('refused' in outcome) return refuseWith(ctx, outcome.refused, outcome.version);
    if (outcome.version !== undefined) ctx.set('etag', tagOf(outcome.version));
    const output = spoken(operation.output, outcome.output) as Record<string, unknown>;
    const { next } = output;
    const isGoingOn = isPaged(operation) && typeof next === 'string';
    const paged = isGoingOn ? { ...output, next: cursors.sign(list, next) } : output;
    const body = operation.on === 'operation' ? withOutcome(paged) : paged;
    return { status: operation.effect === 'creates' ? 201 : 200, body };
  };

  return async (
    operation: AnyOperation,
    address: Address,
    ctx: WebContext,
    caller: Caller,
  ): Promise<void> => {
    const query = queryOf(ctx.URL.searchParams);
    const body = { ...ctx.state.json };
    const list = listName(operation, caller.name, ctx.path, query);
    const asked = askedOf(operation, address, { params: ctx.params, query, body, list }, cursors);
    if ('mistakes' in asked) return refused(ctx, refuse('input_invalid', asked).refused);
    const call = { operation, asked, caller, list };
    // A preference may be left aside (RFC 7240, section 2), a condition may not.
    const isStarted = operation.isLong && isAsynchronous(ctx) && ctx.get('if-match') === '';
    const work = () => (isStarted ? started(ctx, call) : performed(ctx, call));

    const key = ctx.headers['idempotency-key'];
    // Of what the caller may do now, too: an answer with a secret is not given again to one who may not ask for it any more.
    const may = [caller.actor.grants, operation.isSensitive ? isFresh(caller.actor, clock.now()) : true];
    const request = JSON.stringify([ctx.method, ctx.path, query, body, may]);
    const done =
      operation.effect === 'creates' && key !== undefined
        ? await idempotency.once({ scope: caller.name, key: String(key), request }, work)
        : { answer: await work(), isRepeated: false };
    if (!done?.answer) return;
    const { status, body: told, location } = done.answer;
    if (done.isRepeated) ctx.set('idempotent-replayed', 'true');
    if (location) ctx.set('location', location);
    ctx.status = status;
    ctx.body = told;
    if (isKnown(ctx)) ctx.status = 304;
  };
}
