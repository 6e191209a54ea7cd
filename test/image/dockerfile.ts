// Carries out a Dockerfile's steps in an empty folder, as no image engine runs where the tests do. What only an engine can do is
// left out and told: other users, the base image's system. Absolute paths of the image become paths of the stage's folder.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onPath } from '../mongodb-server.ts';

export interface Instruction {
  name: string;
  rest: string;
}

/** The instructions with their continued lines joined, comments left out. */
export function readDockerfile(file = 'Dockerfile'): Instruction[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line.trim()) ?? [];
      return { name, rest };
    });
}

/** What the last stage became. */
export interface Built {
  /** The folder that stands for the image's WORKDIR. */
  folder: string;
  environment: Record<string, string>;
  /** ENTRYPOINT and CMD together. */
  command: string[];
  healthCheck: string[];
}

const MINUTES = 60_000;

/** A folder laid out as /usr/local is in Node's image: this Node, the npm that is here, and the headers if there are any. */
function nodePrefix(folder: string): string {
  const prefix = join(folder, 'prefix');
  mkdirSync(join(prefix, 'bin'), { recursive: true });
  symlinkSync(process.execPath, join(prefix, 'bin/node'));
  const npm = onPath('npm');
  if (!npm) throw new Error('npm is missing');
  symlinkSync(realpathSync(npm), join(prefix, 'bin/npm'));
  const headers = [
    '/usr/local/include/node',
    '/usr/include/node',
    join(dirname(dirname(realpathSync(npm))), 'include/node'),
  ];
  const found = headers.find((path) => existsSync(path));
  if (found) {
    mkdirSync(join(prefix, 'include'));
    symlinkSync(found, join(prefix, 'include/node'));
  }
  return prefix;
}

/** What a build needs of this machine: where packages come from. Nothing that is set for the tests. */
function outerEnvironment(): NodeJS.ProcessEnv {
  const isOfTests = (name: string) => /^(SALLYPORT_|TEST_|JEST_|NODE_OPTIONS$|npm_)/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOfTests(name)));
}

/** @throws with what it said, when a step fails */
export function carryOut(instructions: readonly Instruction[], context: string, folder: string): Built {
  const prefix = nodePrefix(folder);
  const outer = outerEnvironment();
  const stages = new Map<string, string>();
  let stage = '';
  let workdir = '/';
  let environment: Record<string, string> = {};
  const built: Pick<Built, 'command' | 'healthCheck'> = { command: [], healthCheck: [] };
  const inStage = (path: string) => join(stage, path.startsWith('/') ? path : join(workdir, path));
  const translated = (text: string) =>
    text
      .replace(/\/app\b/g, join(stage, 'app'))
      .replace(/\/usr\/local\b/g, prefix)
      .replace(/\/tmp\/warm\b/g, join(stage, 'warm'));

  const steps: Record<string, (rest: string) => void> = {
    FROM(rest) {
      const name = / AS (\w+)$/i.exec(rest)?.[1] ?? `stage${stages.size}`;
      stage = join(folder, name);
      stages.set(name, stage);
      mkdirSync(stage);
      environment = { PATH: `${join(prefix, 'bin')}:${process.env.PATH}` };
    },
    WORKDIR(rest) {
      workdir = rest;
      mkdirSync(inStage('.'), { recursive: true });
    },
    ENV(rest) {
      for (const [, name = '', value = ''] of rest.matchAll(/(\w+)=(\S+)/g))
        environment[name] = translated(value);
    },
    COPY(rest) {
      const words = rest.split(/\s+/);
      const from = words[0]?.startsWith('--from=') ? stages.get(words.shift()?.slice(7) ?? '') : undefined;
      const target = inStage(words.pop() ?? '');
      for (const source of words) {
        const isWhole = words.length === 1 && !words[0]?.includes('.');
        const path = from ? join(from, source) : join(context, source);
        cpSync(path, isWhole || from ? target : join(target, source), {
          recursive: true,
          verbatimSymlinks: true,
        });
      }
    },
    RUN(rest) {
      // The packages of the base image's system: those of this one must do.
      if (rest.startsWith('apt-get')) return;
      const script = `chown() { :; }; ${translated(rest)}`;
      const { status, stderr, stdout } = spawnSync('bash', ['-c', script], {
        cwd: inStage('.'),
        env: { ...outer, ...environment },
        encoding: 'utf8',
        timeout: 10 * MINUTES,
      });
      if (status !== 0) throw new Error(`${rest}: ${status}\n${stdout}${stderr}`);
    },
    ENTRYPOINT: (rest) => built.command.unshift(...(JSON.parse(rest) as string[])),
    CMD: (rest) => built.command.push(...(JSON.parse(rest) as string[])),
    HEALTHCHECK(rest) {
      built.healthCheck = JSON.parse(rest.slice(rest.indexOf('CMD ') + 4)) as string[];
    },
  };
  for (const { name, rest } of instructions) steps[name]?.(rest);
  return { ...built, folder: inStage('.'), environment };
}
