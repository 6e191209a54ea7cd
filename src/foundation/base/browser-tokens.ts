import { fingerprint, newSecret } from './ids.ts';

/** So many people of one desk are remembered in a browser; who comes after that takes the place of the one who was there longest ago. */
const MOST = 20;
const ENTRY = /^([A-Za-z0-9_-]{10})\.([A-Za-z0-9_-]{43})$/;
/** Of earlier versions: one token for everybody at the desk. It goes on for those who got nothing newer. */
const SHARED = /^[A-Za-z0-9_-]{43}$/;
const BETWEEN = '~';

interface Entry {
  tag: string;
  token: string;
}

function tagOf(accountId: string): string {
  return fingerprint(`browser:${accountId}`).slice(0, 10);
}

function read(carried: string | undefined): Entry[] {
  return (carried ?? '').split(BETWEEN).flatMap((text) => {
    const [, tag, token] = ENTRY.exec(text) ?? [];
    if (tag !== undefined && token !== undefined) return [{ tag, token }];
    return SHARED.test(text) ? [{ tag: '', token: text }] : [];
  });
}

/** The token that a browser carries for this account, as its cookie has it; what it stands for is kept under its hash. */
export function browserToken(carried: string | undefined, accountId: string): string | undefined {
  const entries = read(carried);
  const tag = tagOf(accountId);
  return (entries.find((one) => one.tag === tag) ?? entries.find((one) => one.tag === ''))?.token;
}

/**
 * A new token of this account in what a browser carries; those of others at the desk stay. The former one may have been copied:
 * the caller removes what was kept under it, so that no copy comes back to life by the grant.
 */
export function withNewBrowserToken(
  carried: string | undefined,
  accountId: string,
): { carried: string; token: string; former: string | undefined } {
  const token = newSecret();
  const tag = tagOf(accountId);
  const others = read(carried).filter((one) => one.tag !== tag);
  const text = [{ tag, token }, ...others]
    .slice(0, MOST)
    .map((one) => (one.tag === '' ? one.token : `${one.tag}.${one.token}`))
    .join(BETWEEN);
  return { carried: text, token, former: browserToken(carried, accountId) };
}
