import type { Context } from 'koa';
import type { SallyportError } from '../base/index.ts';
import type { Cors } from './cors.ts';

/** Writes an error into the answer: its status, its headers and its body. */
export type ErrorForm = (ctx: Context, error: SallyportError) => void;

/** Addresses that have their callers, their bodies and their errors in common. A door declares its own once. */
export interface Area {
  name: string;
  /** What all its addresses begin with, a slash at the end. Of two areas that an address is in, the longer prefix counts. */
  prefix: string;
  /** What may stand as one segment after the prefix and makes no other address of it, such as a version. */
  optionalSegment?: RegExp;
  /**
   * `browsers` show a cookie, so that each method that changes something is held to the guard against other sites.
   * `bearers` show a secret in a header that no page of another site can send: there no cookie is ever read.
   */
  callers: 'browsers' | 'bearers';
  /** How the body of a method that changes something is read before its handler runs; `unread`: the handler does. */
  body: 'form' | 'json' | 'unread';
  /** `page`: HTML for those who prefer it, otherwise JSON. */
  errors: 'page' | ErrorForm;
  /** Whether pages of other sites may call it; only where no cookie is read. */
  cors: 'none' | Cors;
}

/** Everything that no door has declared an area for. */
export const PAGES: Area = {
  name: 'pages',
  prefix: '/',
  callers: 'browsers',
  body: 'form',
  errors: 'page',
  cors: 'none',
};
