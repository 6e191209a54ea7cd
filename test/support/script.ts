import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findService } from '../services.ts';

export type ScriptLanguage = 'sh' | 'ts' | 'python';

/** A script that a reader of the documents would run. */
export interface Script {
  language: ScriptLanguage;
  text: string;
}

const COMMANDS: Readonly<Record<ScriptLanguage, () => [string, string[]]>> = {
  sh: () => ['bash', ['-e', '-u', '-o', 'pipefail']],
  ts: () => [process.execPath, []],
  python: () => [findService('Python') ?? 'python3', []],
};
const FILES: Readonly<Record<ScriptLanguage, string>> = {
  sh: 'script.sh',
  ts: 'script.mts',
  python: 'script.py',
};

/** Starts a script in a folder; what it prints is read from the child. */
export function startScript({ language, text }: Script, folder: string, environment: Record<string, string>) {
  const path = join(folder, FILES[language]);
  writeFileSync(path, text);
  const [command, args] = COMMANDS[language]();
  const { PATH = '', HOME = '' } = process.env;
  return spawn(command, [...args, path], {
    cwd: folder,
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs a script to its end. @returns what it printed @throws with what it said of its failure */
export async function runScript(
  script: Script,
  folder: string,
  environment: Record<string, string>,
): Promise<string> {
  const child = startScript(script, folder, environment);
  let [printed, said] = ['', ''];
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${script.language} ended with ${code}: ${said}${printed}`);
  return printed;
}
