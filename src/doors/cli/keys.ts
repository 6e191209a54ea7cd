import type { Command } from 'commander';
import { rfc3339 } from '../../foundation/base/index.ts';
import { operations } from '../../use-cases/administration/index.ts';
import { commandOf, perform, startInBackground } from './operations.ts';
import { columns, counting, print, Refused, withCore } from './terminal.ts';

const { keys: of } = operations;

const ALGORITHMS = ['ES256', 'RS256'] as const;

function instant(at: number | undefined): string {
  return at === undefined ? '' : rfc3339(at);
}

function algorithmsOf(text: string): readonly (typeof ALGORITHMS)[number][] {
  const found = text === 'all' ? ALGORITHMS : ALGORITHMS.filter((alg) => alg === text);
  if (found.length === 0) throw new Refused(`the algorithm is ${ALGORITHMS.join(', ')} or all`);
  return found;
}

async function rotate(options: { alg: string; compromised?: boolean }, command: Command): Promise<void> {
  const algorithms = algorithmsOf(options.alg);
  await withCore(command, async (core) => {
    const compromised = options.compromised ?? false;
    const made = [];
    for (const alg of algorithms) made.push(await perform(core, of.rotate, {}, { alg, compromised }));
    print(
      command,
      made,
      made.map(({ alg, kid, activeAt }) => `${alg} ${kid} is published and signs from ${instant(activeAt)}`),
    );
  });
}

async function reseal({ background }: { background?: boolean }, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    if (background) return startInBackground(command, core, of.reseal, {}, {});
    const { resealed } = await counting(command, (progress) => perform(core, of.reseal, {}, {}, progress));
    print(command, { resealed }, [
      `${resealed} secrets were sealed under the first master key. In an hour, when no sign-in begun before is left, you can remove the old one.`,
    ]);
  });
}

async function list(_options: object, command: Command): Promise<void> {
  await withCore(command, async (core) => {
    const { keys } = await perform(core, of.list, {}, {});
    const rows = keys.map((key) => [
      key.alg,
      key.kid,
      key.state,
      instant(key.publishedAt),
      instant(key.activeAt),
      instant(key.retiredAt),
      instant(key.withdrawnAt),
    ]);
    const head = ['algorithm', 'key', 'state', 'published', 'signs from', 'signs until', 'withdrawn'];
    print(command, keys, columns([head, ...rows]));
  });
}

export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('signing keys, and the master key that seals secrets');
  commandOf(keys, of.list).action(list);
  commandOf(keys, of.rotate)
    .option('--alg <algorithm>', 'ES256, RS256 or all', 'all')
    .option('--compromised', 'the new keys sign at once, and what the old ones signed is refused from now on')
    .action(rotate);
  commandOf(keys, of.reseal).action(reseal);
}
