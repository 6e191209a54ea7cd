import type { Command } from 'commander';
import { rfc3339 } from '../base/index.ts';
import type { Keys, ListedKey } from '../oidc/core.ts';
import { ACTOR } from './account-support.ts';
import { columns, counting, print, Refused, withCore } from './terminal.ts';

type Algorithm = ListedKey['alg'];

function instant(at: number | undefined): string {
  return at === undefined ? '' : rfc3339(at);
}

function algorithmsOf({ algorithms }: Keys, text: string): readonly Algorithm[] {
  if (text === 'all') return algorithms;
  const found = algorithms.filter((alg) => alg === text);
  if (found.length === 0) throw new Refused(`the algorithm is ${algorithms.join(', ')} or all`);
  return found;
}

function addRotate(keys: Command): void {
  keys
    .command('rotate')
    .description('publish the next signing keys; they sign once every kept copy of the key set has expired')
    .option('--alg <algorithm>', 'ES256, RS256 or all', 'all')
    .option('--compromised', 'the new keys sign at once, and what the old ones signed is refused from now on')
    .action(async (options: { alg: string; compromised?: boolean }, command: Command) => {
      await withCore(command, async (core) => {
        const made: ListedKey[] = [];
        for (const alg of algorithmsOf(core.keys, options.alg)) {
          const key = await core.keys.rotate(alg, options.compromised ?? false);
          if ('refused' in key) throw new Refused(key.refused);
          made.push(key);
          await core.audit.write({
            type: 'key.rotated',
            outcome: 'success',
            actor: ACTOR,
            reason: options.compromised ? 'compromised' : '',
            detail: { alg, kid: key.kid, activeAt: key.activeAt },
          });
        }
        print(
          command,
          made,
          made.map(
            ({ alg, kid, activeAt }) => `${alg} ${kid} is published and signs from ${instant(activeAt)}`,
          ),
        );
      });
    });
}

function addReseal(keys: Command): void {
  keys
    .command('reseal')
    .description('seal every secret under the first master key, beside running servers that know both')
    .action(async (_options: object, command: Command) => {
      await withCore(command, async (core) => {
        const resealed = await counting(command, core.reseal);
        await core.audit.write({
          type: 'key.resealed',
          outcome: 'success',
          actor: ACTOR,
          detail: { secrets: resealed },
        });
        print(command, { resealed }, [
          `${resealed} secrets were sealed anew. In an hour, when no sign-in begun before is left, the old master key can go.`,
        ]);
      });
    });
}

export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('signing keys, and the master key that seals secrets');
  keys
    .command('list')
    .description('the signing keys with their states and times')
    .action(async (_options: object, command: Command) => {
      await withCore(command, async (core) => {
        const list = await core.keys.list();
        const rows = list.map((key) => [
          key.alg,
          key.kid,
          key.state,
          instant(key.publishedAt),
          instant(key.activeAt),
          instant(key.retiredAt),
          instant(key.withdrawnAt),
        ]);
        const head = ['algorithm', 'key', 'state', 'published', 'signs from', 'signs until', 'withdrawn'];
        print(command, list, columns([head, ...rows]));
      });
    });
  addRotate(keys);
  addReseal(keys);
}
