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

/** What Kubernetes and Docker links set in every container, named after a service: `SALLYPORT_PORT=tcp://10.0.0.1:3000` and so on. */
const OF_A_SERVICE =
  /^SALLYPORT_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;
const ADDRESS_OF_A_SERVICE = /^(?:tcp|udp|sctp):\/\//;

function isOfAService(name: string, value: string): boolean {
  if (!OF_A_SERVICE.test(name)) return false;
  return knownEnvironment.has(name) ? ADDRESS_OF_A_SERVICE.test(value) : true;
}

/**
 * The variables that are ours. An empty one is not set (compose writes `${X:-}`), and those of a service that bears our name are no
 * settings of ours.
 */
function ownVariables(environment: Record<string, string | undefined>) {
  const given = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[0].startsWith('SALLYPORT_') && !!entry[1]?.trim(),
  );
  const isInjected = ([name, value]: [string, string]) => isOfAService(name, value);
  return {
    own: Object.fromEntries(given.filter((entry) => !isInjected(entry))) as Record<
      string,
      string | undefined
    >,
    injected: given.filter(isInjected).map(([name]) => name),
  };
}

/**
 * Reads the settings; the environment wins over the file.
 * @param options `warn` is told once of variables that a service of our name set
 * @throws SettingsMistakes with everything that is wrong, unknown keys and SALLYPORT_ names included
 */
export function loadSettings(
  options: {
    file?: string | undefined;
    environment?: Record<string, string | undefined> | undefined;
    warn?(sentence: string): void;
  } = {},
): Settings {
  const { own: environment, injected } = ownVariables(options.environment ?? process.env);
  const mistakes: string[] = [];
  const values = new Map<string, unknown>();
  flatten(readFile(options.file ?? environment.SALLYPORT_CONFIG, mistakes), '', values, mistakes);
  for (const name of Object.keys(environment)) {
    if (!knownEnvironment.has(name)) mistakes.push(`${name}: no such setting`);
  }
  if (injected.length > 0)
    options.warn?.(
      `${injected.sort().join(', ')}: set by a service named sallyport, and not taken for settings; enableServiceLinks: false leaves them out`,
    );
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
