import { SallyportError } from '../../foundation/base/index.ts';
import type { Collection, PageQuery } from '../../foundation/stores/index.ts';
import type { Account, Population, Role } from './account.ts';
import { foldName, skeleton } from './names.ts';

/** Which accounts of a tenant are meant: those for which everything holds that is given. */
export interface AccountFilter {
  tenantId: string;
  population?: Population | undefined;
  /** What the user name begins with, as typed. */
  userName?: string | undefined;
  /** What the name begins with that the person is called by. */
  name?: string | undefined;
  /** What the e-mail address begins with. */
  email?: string | undefined;
  /** Locked, whichever limit caused it (LCK-9). */
  isLocked?: true | undefined;
  status?: Account['status'] | undefined;
  /** `pending`: the person has yet to set one up. */
  factor?: Account['secondFactor']['status'] | undefined;
  role?: Role | undefined;
  team?: string | undefined;
  /** When the password was set: epoch seconds, from and below. */
  passwordSet?: readonly [from: number, below: number] | undefined;
  /** What no index knows. */
  also?: ((account: Account) => boolean) | undefined;
  /** The one team that the asking person reaches: only its index is read, so that others show in nothing (ACC-7). */
  reach?: string | undefined;
}

export interface AccountQuery extends AccountFilter {
  after?: string | undefined;
  /** 1 to 500. */
  limit: number;
}

export interface ListedAccounts {
  items: Account[];
  /** There may be more, even if this page is short or empty. */
  next?: string;
}

/** How many there are, and whether counting ended before the last of them. */
export interface CountedAccounts {
  count: number;
  isCapped: boolean;
}

/** Rows that one page reads at most: a rare combination makes short pages, never a long wait. */
const MOST_READ = 500;
/** Reads of one page: what is found often leaves ever less of the page to fill. */
const MOST_READS = 8;
/** Where several indexes answer, each is counted up to here to find the shortest. */
const COMPARED = 250;
const COUNTED = 1_000;

type Range = Pick<PageQuery, 'index' | 'equals' | 'prefix' | 'between'>;
/** One range for each population, in the order of the list. */
type Path = readonly [Range, ...Range[]];

/** The paths that answer the filter, if not the whole of it. */
function pathsOf(filter: AccountFilter): [Path, ...Path[]] {
  const { tenantId, isLocked, status, factor, role, team, userName, name, email, passwordSet } = filter;
  const path = (index: string, value: string | undefined, narrowed: Partial<Range>): Path => {
    const range = (population: Population): Range => ({
      index,
      equals: [tenantId, ...(value === undefined ? [] : [value]), population],
      ...narrowed,
    });
    return filter.population ? [range(filter.population)] : [range('agent'), range('user')];
  };
  const byName = userName === undefined ? {} : { prefix: foldName(userName) };
  const byValue: [string, string | undefined][] = [
    ['team', team],
    ['locked', isLocked && 'locked'],
    ['status', status],
    ['factor', factor],
    ['role', role],
  ];
  if (filter.reach !== undefined) return [path('team', filter.reach, byName)];
  const [first, ...rest] = [
    ...byValue.flatMap(([index, value]) => (value === undefined ? [] : [path(index, value, byName)])),
    ...(email === undefined ? [] : [path('email', undefined, { prefix: skeleton(email) })]),
    ...(name === undefined ? [] : [path('shownName', undefined, { prefix: skeleton(name) })]),
    ...(passwordSet ? [path('passwordSetAt', undefined, { between: passwordSet })] : []),
  ];
  return first ? [first, ...rest] : [path('name', undefined, byName)];
}

/** Whether everything holds that the filter says. Pure. */
function matches(filter: AccountFilter, account: Account): boolean {
  const { isLocked, status, factor, role, userName = '', name = '', email = '', passwordSet } = filter;
  const same = <T>(wanted: T | undefined, found: T) => wanted === undefined || wanted === found;
  const { passwordSetAt } = account;
  return (
    same(isLocked && 'locked', account.lockState) &&
    same(status, account.status) &&
    same(factor, account.secondFactor.status) &&
    same(role, account.role) &&
    same(filter.team, account.teamKey) &&
    same(filter.reach, account.teamKey) &&
    filter.also?.(account) !== false &&
    account.nameKey.startsWith(foldName(userName)) &&
    account.shownNameKey.startsWith(skeleton(name)) &&
    account.emailKey.startsWith(skeleton(email)) &&
    (!passwordSet || (passwordSet[0] <= passwordSetAt && passwordSetAt < passwordSet[1]))
  );
}

/** Where a list goes on: its index, which of its ranges, and the cursor within that. */
type Place = readonly [index: string, range: number, after: string];

function encode(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** @throws SallyportError `bad_request` for a cursor of another list */
function decode(cursor: string, paths: readonly Path[]): { path: Path; at: number; after: string } {
  let place: unknown;
  try {
    place = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    // is refused below
  }
  const [index, at, after] = Array.isArray(place) ? (place as unknown[]) : [];
  const path = paths.find(([{ index: one }]) => one === index);
  if (path && typeof at === 'number' && at in path && typeof after === 'string') return { path, at, after };
  throw new SallyportError('bad_request', 'the page cursor is not one of ours');
}

/** Whether the filter says more than the one path that is read. */
function isCombined(filter: AccountFilter): boolean {
  const { isLocked, status, factor, role, team, reach, userName, name, email, passwordSet, also } = filter;
  const given = (...values: unknown[]) => values.filter((value) => value !== undefined).length;
  const ordered = given(isLocked, status, factor, role, team, reach);
  const others = given(name, email, passwordSet);
  return ordered + others > 1 || others + given(userName) > 1 || also !== undefined;
}

export function createListing(collection: Pick<Collection<Account>, 'page' | 'count'>) {
  const countPath = async (path: Path, cap: number): Promise<number> => {
    let count = 0;
    for (const range of path) {
      if (count < cap) count += await collection.count({ ...range, cap: cap - count });
    }
    return count;
  };

  /** The path that reads the fewest rows. */
  const shortest = async (paths: readonly [Path, ...Path[]]): Promise<Path> => {
    let [best] = paths;
    if (paths.length === 1) return best;
    let fewest = COMPARED + 1;
    for (const path of paths) {
      const count = await countPath(path, COMPARED);
      if (count < fewest) [best, fewest] = [path, count];
    }
    return best;
  };

  const list = async ({ after: cursor, limit, ...filter }: AccountQuery): Promise<ListedAccounts> => {
    const paths = pathsOf(filter);
    const begin = cursor === undefined ? { path: await shortest(paths), at: 0 } : decode(cursor, paths);
    const { path } = begin;
    let { at } = begin;
    let after = 'after' in begin && begin.after !== '' ? begin.after : undefined;
    const items: Account[] = [];
    let left = MOST_READ;
    for (let reads = 0; reads < MOST_READS && items.length < limit && left > 0; reads++) {
      const range = path[at];
      if (!range) return { items };
      const most = Math.min(limit - items.length, left);
      const page = await collection.page({ ...range, limit: most, ...(after ? { after } : {}) });
      items.push(...page.items.map(({ doc }) => doc).filter((account) => matches(filter, account)));
      left -= page.items.length;
      after = page.next;
      if (!after) at++;
    }
    return at in path ? { items, next: encode([path[0].index, at, after ?? '']) } : { items };
  };

  /** Up to 1,000; of a combination only as far as one page of it reads. */
  const count = async (filter: AccountFilter): Promise<CountedAccounts> => {
    if (isCombined(filter)) {
      const { items, next } = await list({ ...filter, limit: MOST_READ });
      return { count: items.length, isCapped: next !== undefined };
    }
    const found = await countPath(pathsOf(filter)[0], COUNTED + 1);
    return { count: Math.min(found, COUNTED), isCapped: found > COUNTED };
  };

  return { list, count };
}
