import { describe, expect, test } from '@jest/globals';
import { noFactor } from '../../src/capabilities/accounts/index.ts';
import { loadPreset, type Policy, type Tenant } from '../../src/capabilities/tenants/index.ts';
import {
  type Bindable,
  type BindingDoor,
  bindingDemands,
  mayBind,
  type Proofs,
} from '../../src/use-cases/credentials/binding-rules.ts';
import { anAccount } from '../support/an-account.ts';

const base = loadPreset('livevox') as Policy;
type Mode = Policy['secondFactor']['mode'];
type Status = 'none' | 'pending' | 'active';

const MODES: Mode[] = ['off', 'voluntary', 'enrolment', 'required'];
const STATUSES: Status[] = ['none', 'pending', 'active'];
const PROOFS: Proofs[] = [
  { first: null, hasFactor: false },
  { first: null, hasFactor: true },
  { first: 'password', hasFactor: false },
  { first: 'password', hasFactor: true },
  { first: 'passkey', hasFactor: false },
  { first: 'passkey', hasFactor: true },
];

const CELLS = Object.entries(bindingDemands).flatMap(([door, kinds]) =>
  Object.entries(kinds).map(
    ([kind, demand]) => [door as BindingDoor, kind as Bindable, demand] as [BindingDoor, Bindable, string],
  ),
);

/** What every combination of mode, state and proof answers at a door. */
function answers(at: BindingDoor, kind: Bindable) {
  return MODES.flatMap((mode) =>
    STATUSES.flatMap((status) =>
      PROOFS.map((proofs) => {
        const policy = { ...base, secondFactor: { ...base.secondFactor, mode } };
        const account = anAccount({ secondFactor: { ...noFactor, status } });
        const tenant = { policy } as Tenant;
        return { mode, status, proofs, may: mayBind({ at, proofs, account, tenant }, kind) };
      }),
    ),
  );
}

describe('SEC-4 X3 what is bound, through which door, for which proof', () => {
  test.each(CELLS)('%s, %s: %s without a password or passkey of this attempt binds nothing', (door, kind) => {
    expect(answers(door, kind).filter(({ proofs, may }) => may && proofs.first === null)).toEqual([]);
  });

  test.each(CELLS)('%s, %s: %s without the factor that is active binds nothing', (door, kind) => {
    const bound = answers(door, kind).filter(({ may }) => may);
    expect(bound.filter(({ status, proofs }) => status === 'active' && !proofs.hasFactor)).toEqual([]);
  });

  test.each(CELLS)('%s, %s: %s, and where administrators enrol no other person sets one up', (door, kind) => {
    const bound = answers(door, kind).filter(({ may }) => may);
    expect(bound.filter(({ mode, status }) => mode === 'enrolment' && status === 'none')).toEqual([]);
    expect(bound.filter(({ mode, status }) => mode === 'off' && status === 'none')).toEqual([]);
  });

  test.each(CELLS.filter(([, , demand]) => demand === 'never'))(
    '%s, %s: %s, also with everything proved',
    (door, kind) => {
      expect(answers(door, kind).some(({ may }) => may)).toBe(false);
    },
  );

  test.each(CELLS.filter(([, , demand]) => demand === 'proved'))(
    '%s, %s: %s, with everything proved',
    (door, kind) => {
      const everything = answers(door, kind).filter(
        ({ proofs }) => proofs.first !== null && proofs.hasFactor,
      );
      expect(everything.some(({ may }) => may)).toBe(true);
    },
  );
});
