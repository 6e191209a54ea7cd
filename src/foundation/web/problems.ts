import type { Context } from 'koa';
import type { ErrorForm } from './areas.ts';

/** What is wrong with one value of a body. */
export interface ValueProblem {
  /** Where it stands: a JSON pointer as the fragment of a URI (RFC 6901, section 6), from `pointerTo`. */
  pointer: string;
  detail: string;
}

/** What a program is told of an error (RFC 9457). */
export interface Problem {
  /** Of the catalogue of errors or of refusals. */
  code: string;
  status: number;
  /** One sentence. */
  detail: string;
  /** All wrong values at once. */
  errors?: readonly ValueProblem[];
}

export interface Problems {
  send(ctx: Context, problem: Problem): void;
  /** The error form of an area for programs. */
  form: ErrorForm;
}

/** @param path names of members and indexes of lists, from the outermost */
export function pointerTo(path: readonly PropertyKey[]): string {
  const escaped = path.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1'));
  return `#${escaped.map((step) => `/${encodeURIComponent(step)}`).join('')}`;
}

/** The same for each occurrence of a code: `not_found` is titled "Not found". */
export function titleOf(code: string): string {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function createProblems({ issuer }: { issuer: string }): Problems {
  const send = (ctx: Context, { code, status, detail, errors }: Problem) => {
    ctx.status = status;
    // RFC 9110, section 15.5.2: a 401 names what would be accepted.
    if (status === 401 && !ctx.response.get('www-authenticate')) ctx.set('www-authenticate', 'Bearer');
    ctx.set('content-type', 'application/problem+json');
    const type = `${issuer}/problems/${code}`;
    ctx.body = { type, title: titleOf(code), status, detail, code, ...(errors ? { errors } : {}) };
  };
  return {
    send,
    form: (ctx, { code, status, publicMessage }) => send(ctx, { code, status, detail: publicMessage }),
  };
}
