import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { crossChecks, declarations, type Settings } from './declarations.ts';

/** Every mistake found in the file and the environment, one line each, the key's name first. */
export class SettingsMistakes extends Error {
  readonly mistakes: readonly string[];
  constructor(mistakes: readonly string[]) {
    super(
      `${mistakes.length === 1 ? 'One setting is' : `${mistakes.length} settings are`} wrong:\n${mistakes.map((m) => `  ${m}`).join('\n')}`,
    );
    this.name = 'SettingsMistakes';
    this.mistakes = mistakes;
  }
}

type Tree = { [key: string]: unknown };

const known = new Map<string, (typeof declarations)[number]>(declarations.map((d) => [d.key, d]));
const knownEnvironment = new Set<string>([...declarations.map((d) => d.environment), 'SALLYPORT_CONFIG']);

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Walks a file's tree into dotted keys, and names the ones that no declaration knows. */
function flatten(tree: Tree, path: string, values: Map<string, unknown>, mistakes: string[]) {
  for (const [name, value] of Object.entries(tree)) {
    const key = path ? `${path}.${name}` : name;
    if (known.has(key)) values.set(key, value);
    else if (isTree(value)) flatten(value, key, values, mistakes);
    else mistakes.push(`${key}: no such setting`);
  }
}

function readFile(file: string | undefined, mistakes: string[]): Tree {
  if (file === undefined) return {};
  try {
    const tree: unknown = parse(readFileSync(file, 'utf8')) ?? {};
    if (isTree(tree)) return tree;
    mistakes.push(`${file}: must hold a map of settings`);
  } catch (error) {
    mistakes.push(`${file}: ${error instanceof Error ? error.message.split('\n')[0] : 'cannot be read'}`);
  }
  return {};
}

function place(tree: Tree, key: string, value: unknown) {
  const names = key.split('.');
  const last = names.pop() ?? key;
  let at = tree;
  for (const name of names) {
    at[name] ??= {};
    at = at[name] as Tree;
  }
  at[last] = value;
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze);
  return Object.freeze(value);
}

/**
 * Reads the settings; the environment wins over the file.
 * @throws SettingsMistakes with everything that is wrong, unknown keys and SALLYPORT_ names included
 */
export function loadSettings(
  options: { file?: string | undefined; environment?: Record<string, string | undefined> | undefined } = {},
): Settings {
  const environment = options.environment ?? process.env;
  const mistakes: string[] = [];
  const values = new Map<string, unknown>();
  flatten(readFile(options.file ?? environment.SALLYPORT_CONFIG, mistakes), '', values, mistakes);
  for (const name of Object.keys(environment)) {
    if (name.startsWith('SALLYPORT_') && !knownEnvironment.has(name))
      mistakes.push(`${name}: no such setting`);
  }
  const tree: Tree = {};
  for (const { key, environment: name, schema } of declarations) {
    const parsed = schema.safeParse(environment[name] ?? values.get(key));
    if (parsed.success) place(tree, key, parsed.data);
    else for (const issue of parsed.error.issues) mistakes.push(`${key}: ${issue.message} (${name})`);
  }
  if (mistakes.length === 0) mistakes.push(...crossChecks(tree as unknown as Settings));
  if (mistakes.length > 0) throw new SettingsMistakes(mistakes);
  return freeze(tree as unknown as Settings);
}
