import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Pace } from '../../src/foundation/stores/index.ts';

export interface Race {
  verb:
    | 'claim'
    | 'reserve'
    | 'advance'
    | 'replace'
    | 'insert'
    | 'merge'
    | 'takeExpired'
    | 'replaceDocument'
    | 'insertDocument';
  processes: number;
  /** Simultaneous calls of each process in one round. */
  perProcess: number;
  rounds: number;
  now: number;
  limit?: number;
  pace?: Pace;
}

const RACER = fileURLToPath(new URL('./racer.ts', import.meta.url));

async function line(child: ChildProcess, lines: AsyncIterator<string>): Promise<string> {
  const next = await lines.next();
  if (next.done) throw new Error(`the racer ended with ${child.exitCode}`);
  return next.value;
}

/**
 * Runs one verb from separate processes that are let loose together, round by round: one connection hides most races.
 * @returns for every round what each call answered
 */
export async function race(address: string, race: Race): Promise<string[][]> {
  const children = Array.from({ length: race.processes }, (_, racer) =>
    spawn(
      'node',
      ['--disable-warning=ExperimentalWarning', RACER, address, JSON.stringify({ ...race, racer })],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '' },
      },
    ),
  );
  const streams = children.map((child) => createInterface({ input: child.stdout })[Symbol.asyncIterator]());
  const each = <T>(work: (child: ChildProcess, lines: AsyncIterator<string>) => Promise<T>) =>
    Promise.all(children.map((child, i) => work(child, streams[i] as AsyncIterator<string>)));
  try {
    await each(line);
    const results: string[][] = [];
    for (let round = 0; round < race.rounds; round++) {
      for (const child of children) child.stdin.write(`${round}\n`);
      const answers = await each(async (child, lines) => JSON.parse(await line(child, lines)) as string[]);
      results.push(answers.flat());
    }
    return results;
  } finally {
    await Promise.all(
      children.map(async (child) => {
        const ended = once(child, 'exit');
        child.stdin.end();
        if (child.exitCode === null) await ended;
      }),
    );
  }
}

/** How many calls of each round answered this. */
export function callsThat(answer: string, rounds: string[][]): number[] {
  return rounds.map((round) => round.filter((one) => one === answer).length);
}
