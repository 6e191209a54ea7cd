import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const GENERATOR = 'tools/api-types/node_modules/openapi-typescript/bin/cli.js';
const COMPILER = 'node_modules/typescript/bin/tsc';
/** As strict as this project itself. */
const SETTINGS = {
  extends: resolve('tsconfig.json'),
  compilerOptions: { lib: ['ES2024', 'DOM'], skipLibCheck: false },
  include: ['program.ts'],
};

/** @returns what it printed, undefined where it ended well */
async function complaint(args: string[]): Promise<string | undefined> {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const hear = (chunk: Buffer) => {
    said += chunk;
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const [code] = await once(child, 'close');
  return code === 0 ? undefined : said;
}

/**
 * Makes the types of an OpenAPI document in a folder, beside which programs find the packages that they import.
 * @throws where the generator does not understand the document
 */
export async function makeTypes(document: unknown, folder: string): Promise<void> {
  const [source, types] = [join(folder, 'openapi.json'), join(folder, 'admin-api.d.ts')];
  writeFileSync(source, JSON.stringify(document));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(SETTINGS));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const said = await complaint([GENERATOR, source, '--default-non-nullable=false', '--output', types]);
  if (said !== undefined) throw new Error(said);
}

/** Compiles a program against the types of the folder. @returns what the compiler says, undefined where nothing is wrong */
export function mistakesOf(program: string, folder: string): Promise<string | undefined> {
  writeFileSync(join(folder, 'program.ts'), program);
  return complaint([COMPILER, '--project', folder]);
}
