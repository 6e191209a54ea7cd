import type { Context } from 'koa';
import { SallyportError } from '../base/index.ts';
import { MAX_BYTES, readBytes } from './body.ts';

/** Deeper than anything that an administrator writes; what walks a body afterwards may recurse. */
const MAX_DEPTH = 32;

export type JsonFault = 'named-twice' | 'too-deep' | 'not-unicode';

/** @param from where its first quotation mark stands. @returns where its last one does */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

/**
 * What JSON.parse accepts and two readers would see differently (RFC 7493, sections 2.1 and 2.3): a member that one object, at
 * any depth, names twice, and text with half of a surrogate pair; and what is nested too deep.
 * @param text valid JSON
 */
export function jsonFault(text: string, maxDepth = MAX_DEPTH): JsonFault | undefined {
  const open: (Set<string> | undefined)[] = [];
  let last = '';
  // By hand: an expression for strings meets the end of its stack in a body of some megabytes.
  for (let at = 0; at < text.length; at++) {
    const mark = text[at];
    if (mark === '"') {
      const from = at;
      at = endOfString(text, from);
      last = text.slice(from, at + 1);
      if (last.includes('\\u') && !(JSON.parse(last) as string).isWellFormed()) return 'not-unicode';
    } else if (mark === ':') {
      const names = open.at(-1);
      const name = JSON.parse(last) as string;
      if (names?.has(name)) return 'named-twice';
      names?.add(name);
    } else if (mark === '{' || mark === '[') {
      if (open.push(mark === '{' ? new Set() : undefined) > maxDepth) return 'too-deep';
    } else if (mark === '}' || mark === ']') open.pop();
  }
  return undefined;
}

const SAID: Readonly<Record<JsonFault, string>> = {
  'named-twice': 'A field is named twice.',
  'too-deep': `The body is nested deeper than ${MAX_DEPTH} levels.`,
  'not-unicode': 'The body contains text that is not Unicode.',
};

function badJson(said: string, cause?: unknown): SallyportError {
  return new SallyportError('bad_request', said, { said, cause });
}

export interface JsonRules {
  /** 64 KiB unless it says otherwise. */
  maxBytes?: number;
  /** `application/json` unless it says otherwise. */
  types?: readonly string[];
  /** Takes a charset that is not UTF-8, which says nothing (RFC 8259, section 11): the body is read as UTF-8 either way. */
  anyCharset?: boolean;
}

/**
 * Reads a body that is one object. A member `__proto__` is data like any other, and no prototype.
 * @throws SallyportError `media_type_unsupported`, `body_too_large`, or `bad_request` for what is not one object in strict UTF-8,
 * or has a `JsonFault`
 */
export async function readJson(ctx: Context, rules: JsonRules = {}): Promise<object> {
  const { maxBytes = MAX_BYTES, types = ['application/json'], anyCharset = false } = rules;
  const isUtf8 = anyCharset || ['', 'utf-8'].includes(ctx.request.charset.toLowerCase());
  // Of two Node takes the first, and another reader may take the second.
  const isSure = ctx.req.headersDistinct['content-type']?.length === 1;
  if (!isSure || !ctx.is([...types]) || !isUtf8 || ctx.get('content-encoding') !== '')
    throw new SallyportError('media_type_unsupported');
  const bytes = await readBytes(ctx, maxBytes);
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw badJson('The body is not JSON.', error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badJson('The body must be a JSON object.');
  const fault = jsonFault(text);
  if (fault) throw badJson(SAID[fault]);
  return value;
}
