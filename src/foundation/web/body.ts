import type { Context } from 'koa';
import { z } from 'zod';
import { SallyportError } from '../base/index.ts';

const MAX_BYTES = 64 * 1_024;
const MAX_FIELDS = 64;

async function readBytes(ctx: Context): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of ctx.req.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length;
    if (length > MAX_BYTES) {
      // What is still on its way is not read: the connection ends with this answer.
      ctx.set('connection', 'close');
      throw new SallyportError('body_too_large');
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** @throws URIError for a malformed escape or invalid UTF-8 */
function decode(text: string): string {
  const raw = Buffer.from(text.replaceAll('+', ' '), 'latin1').toString('utf8');
  if (raw.includes('\uFFFD')) throw new URIError('invalid UTF-8');
  return decodeURIComponent(raw);
}

/**
 * Reads a posted form, up to 64 KiB.
 * @throws SallyportError `media_type_unsupported`, `body_too_large`, or `bad_request` for NUL bytes, invalid UTF-8 and repeated fields
 */
export async function readForm(ctx: Context): Promise<ReadonlyMap<string, string>> {
  const fields = new Map<string, string>();
  const isEmpty =
    ctx.get('content-length') === '0' ||
    (ctx.get('content-length') === '' && ctx.get('transfer-encoding') === '');
  if (isEmpty && ctx.get('content-type') === '') return fields;
  if (!ctx.is('application/x-www-form-urlencoded') || ctx.get('content-encoding') !== '')
    throw new SallyportError('media_type_unsupported');
  const text = (await readBytes(ctx)).toString('latin1');
  const pairs = text === '' ? [] : text.split('&');
  if (pairs.length > MAX_FIELDS) throw new SallyportError('bad_request', 'too many fields');
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    let name: string;
    let value: string;
    try {
      name = decode(at < 0 ? pair : pair.slice(0, at));
      value = at < 0 ? '' : decode(pair.slice(at + 1));
    } catch (error) {
      throw new SallyportError('bad_request', 'the form is not valid UTF-8', { cause: error });
    }
    if (name.includes('\0') || value.includes('\0'))
      throw new SallyportError('bad_request', 'a NUL byte in the form');
    if (fields.has(name)) throw new SallyportError('bad_request', 'a field is sent twice');
    fields.set(name, value);
  }
  return fields;
}

/** Strings and the marks between them; of a text that is JSON nothing else tells where a name stands. */
const JSON_TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;

/** Whether one object of a JSON text, at any depth, names a member twice: two readers would see two requests. */
export function namesTwice(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  let last = '';
  for (const [token] of text.matchAll(JSON_TOKENS)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const names = open.at(-1);
      const name = JSON.parse(last) as string;
      if (names?.has(name)) return true;
      names?.add(name);
    } else last = token;
  }
  return false;
}

function badJson(said: string, cause?: unknown): SallyportError {
  return new SallyportError('bad_request', said, { said, cause });
}

/**
 * Reads a posted object, up to 64 KiB.
 * @throws SallyportError `media_type_unsupported`, `body_too_large`, or `bad_request` for what is not one object in UTF-8, or
 * names a field of one object twice
 */
export async function readJson(ctx: Context): Promise<unknown> {
  if (!ctx.is('application/json') || ctx.get('content-encoding') !== '')
    throw new SallyportError('media_type_unsupported');
  const bytes = await readBytes(ctx);
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
  if (namesTwice(text)) throw badJson('A field is named twice.');
  return value;
}

/**
 * Checks the fields of a form that a handler is about to use; a missing one reads as empty text.
 * @throws SallyportError `bad_request` when a value is longer than the page allows
 */
export function formFields<const N extends string>(
  form: ReadonlyMap<string, string>,
  names: readonly N[],
): Record<N, string> {
  // The longest password has 1,024 code points: up to 4,096 in a decomposed form. Longer text is refused before any look-up.
  const text = z.string().max(4_096);
  const values = {} as Record<N, string>;
  for (const name of names) {
    const parsed = text.safeParse(form.get(name) ?? '');
    if (!parsed.success) throw new SallyportError('bad_request', `${name} is too long`);
    values[name] = parsed.data;
  }
  return values;
}
