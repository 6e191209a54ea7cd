import type { Context } from 'koa';
import { z } from 'zod';
import { SallyportError } from '../base/index.ts';

export const MAX_BYTES = 64 * 1_024;
const MAX_FIELDS = 64;

/** Whether a request comes without a body (RFC 9112, section 6.3). */
export function isBodyless(ctx: Context): boolean {
  const length = ctx.get('content-length');
  return length === '0' || (length === '' && ctx.get('transfer-encoding') === '');
}

/** @throws SallyportError `body_too_large` */
export async function readBytes(ctx: Context, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of ctx.req.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length;
    if (length > maxBytes) {
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
 * Reads a posted form.
 * @throws SallyportError `media_type_unsupported`, `body_too_large`, or `bad_request` for NUL bytes, invalid UTF-8 and repeated fields
 */
export async function readForm(ctx: Context, maxBytes: number): Promise<ReadonlyMap<string, string>> {
  const fields = new Map<string, string>();
  if (isBodyless(ctx) && ctx.get('content-type') === '') return fields;
  if (!ctx.is('application/x-www-form-urlencoded') || ctx.get('content-encoding') !== '')
    throw new SallyportError('media_type_unsupported');
  const text = (await readBytes(ctx, maxBytes)).toString('latin1');
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
