import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  loadPreset,
  type Policy,
  parsePolicy,
  policyPaths,
  policySchema,
  presetNames,
  withValues,
} from '../../src/capabilities/tenants/index.ts';
import { operations } from '../../src/use-cases/administration/index.ts';
import { administer } from '../support/administration.ts';
import { serverForAll } from '../support/suite.ts';

const server = serverForAll();

/** A validator that is not ours, of the JSON Schema that is made of the policy. */
const validatorOf = (io: 'input' | 'output', schema: z.ZodType = policySchema) =>
  new Ajv2020({ strict: false }).compile(z.toJSONSchema(schema, { io }));
const validators = { input: validatorOf('input'), output: validatorOf('output') };
const MODES = ['input', 'output'] as const;

describe('ADM-6 the JSON Schema of a policy tells the truth', () => {
  test.each(MODES)('%s: every value is described by it', (io) => {
    const { properties = {} } = z.toJSONSchema(policySchema, { io });
    for (const path of policyPaths) {
      const [group = '', name] = path.split('.');
      const at = properties[group] as { properties?: Record<string, object> };
      const found = (name === undefined ? at : at.properties?.[name]) as Record<string, unknown>;
      expect({ path, isTyped: 'type' in found || 'anyOf' in found || 'enum' in found }).toEqual({
        path,
        isTyped: true,
      });
    }
  });

  test.each(MODES.flatMap((io) => presetNames().map((name) => [io, name] as const)))(
    '%s: the preset %s is valid, as its file has it and as it is read',
    (io, name) => {
      const { version: _, ...file } = parse(readFileSync(`config/presets/${name}.yaml`, 'utf8'));
      for (const policy of [file, loadPreset(name)]) {
        validators[io](policy);
        expect(validators[io].errors).toBeNull();
      }
    },
  );

  test.each(MODES)(
    '%s: a policy that was changed, stored and shown is valid, and is what is read back',
    async (io) => {
      const tenant = await server.tenant('cloudcx');
      const values = {
        'lockout.waitFrom': null,
        'password.expireAfterDays': 30,
        'secondFactor.recoveryCodes': null,
      };
      await administer(server, operations.policy.set, tenant, { values });
      const { policy } = await administer(server, operations.policy.show, tenant, {});
      const sent = JSON.parse(JSON.stringify(policy)) as unknown;
      validators[io](sent);
      expect(validators[io].errors).toBeNull();
      expect(parsePolicy(sent)).toEqual({ policy });
      expect(policy).toMatchObject({ lockout: { waitFrom: null }, password: { expireAfterDays: 30 } });
    },
  );

  test.each(MODES)('%s: the answer of policy show is described down to each value', (io) => {
    const schema = z.object({ policy: operations.policy.show.output.shape.policy });
    expect(validatorOf(io, schema)({ policy: { ...loadPreset('modern'), password: 7 } })).toBe(false);
  });

  test('a value is valid exactly if the product takes it', () => {
    const base = loadPreset('modern') as Policy;
    const paths = [
      'password.expireAfterDays',
      'lockout.waitFrom',
      'lockout.networkTries',
      'secondFactor.recoveryCodes',
      'secondFactor.populations',
      'secondFactor.trustDays',
      'signIn.caseSensitiveNames',
    ];
    const value = fc.oneof(
      fc.constantFrom('off', 'on', null, true, false, 0, 1, 9, 10, 20, 14, 1.5, [], ['user'], ['robot']),
      fc.integer({ min: -5, max: 4_000 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), value, (path, tried) => {
        const document = withValues(base, { [path]: tried });
        expect([path, tried, validators.input(document)]).toEqual([
          path,
          tried,
          'policy' in parsePolicy(document),
        ]);
      }),
      { numRuns: 500 },
    );
  });
});
