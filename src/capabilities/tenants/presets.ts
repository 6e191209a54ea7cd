import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { differences, parsePolicy, valueAt } from './policy.ts';
import type { Policy } from './policy-schema.ts';

const FOLDER = new URL('../../../config/presets/', import.meta.url);

/** The presets that exist, by file name. */
export function presetNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/** @returns the complete policy of a preset, or undefined when there is none of that name */
export function loadPreset(name: string): Policy | undefined {
  if (!presetNames().includes(name)) return undefined;
  const result = parsePolicy(parse(readFileSync(new URL(`${name}.yaml`, FOLDER), 'utf8')));
  if ('mistakes' in result) throw new Error(`preset ${name}: ${JSON.stringify(result.mistakes)}`);
  return result.policy;
}

/** A stored policy with every value that this version knows. */
export function completed(stored: unknown): Policy {
  const result = parsePolicy(stored);
  if ('mistakes' in result) throw new Error(`a stored policy: ${JSON.stringify(result.mistakes)}`);
  return result.policy;
}

/** The preset that differs least from a policy whose origin was not kept, by the values that were stored. */
export function nearestPreset(stored: Policy): string {
  const policy = completed(stored);
  const apart = presetNames().map((name) => {
    const found = differences(loadPreset(name) ?? policy, policy);
    return { name, by: found.filter(({ path }) => valueAt(stored, path) !== undefined).length };
  });
  return apart.reduce((nearest, other) => (other.by < nearest.by ? other : nearest)).name;
}
