import type { Population } from '../../capabilities/accounts/index.ts';
import { loadPreset, type Policy, presetNames, type Tenant } from '../../capabilities/tenants/index.ts';
import type { Core } from '../../core/index.ts';
import { newSecret } from '../../foundation/base/index.ts';
import { BACKCHANNEL_LOGOUT_PATH } from './backchannel-logout.ts';

export interface MadeAccount {
  preset: string;
  clientCode: string;
  population: Population;
  userName: string;
  password: string;
  note: string;
}

/** With what a program signs in. */
export interface SampleProgram {
  token: string;
  clientName: string;
  userName: string;
  password: string;
}

/** Of the tenant that is shaped like the sites that have such programs. */
const PROGRAM_PRESET = 'livevox';

interface Sample {
  population: Population;
  userName: string;
  isTemporary: boolean;
}

const SAMPLES: readonly Sample[] = [
  { population: 'user', userName: 'supervisor', isTemporary: false },
  { population: 'agent', userName: 'agent', isTemporary: false },
  { population: 'user', userName: 'newcomer', isTemporary: true },
];

function noteFor(sample: Sample, policy: Policy, isEnrolled: boolean): string {
  const factor = policy.secondFactor.mode === 'required' || isEnrolled ? ['sets up an authenticator'] : [];
  const change = sample.isTemporary ? ['changes a temporary password'] : [];
  return [...factor, ...change].join(', then ') || 'only a password';
}

async function makeAccount(core: Core, tenant: Tenant, preset: string, sample: Sample): Promise<MadeAccount> {
  const { population, userName, isTemporary } = sample;
  const password = `${newSecret().slice(0, 14)}-${newSecret().slice(0, 2)}4z`;
  const record = await core.passwords.make(password, tenant.policy, isTemporary);
  const email = `${userName}@${tenant.clientCode.toLowerCase()}.example`;
  const role = population === 'user' ? 'Manager' : 'Agent';
  const created = await core.accounts.create({
    tenantId: tenant.id,
    population,
    userName,
    email,
    role,
    permissions: userName === 'supervisor' ? ['use-session-api'] : [],
    password: record,
    identifiedBy: tenant.policy.signIn.identifiedBy,
  });
  if ('refused' in created) throw new Error(created.refused.code);
  const isEnrolled = preset === 'livevox' && userName === 'newcomer';
  if (isEnrolled)
    await core.accounts.update(created.id, (a) => ({
      ...a,
      secondFactor: { ...a.secondFactor, status: 'pending' },
    }));
  return {
    preset,
    clientCode: tenant.clientCode,
    population,
    // What is typed: the address, where that is what identifies people.
    userName: tenant.policy.signIn.identifiedBy === 'email' ? email : userName,
    password,
    note: noteFor(sample, tenant.policy, isEnrolled),
  };
}

/** A tenant for each preset with three people, and the sample application. @returns what is printed once */
export async function makeSamples(
  core: Core,
  samplePort: number,
): Promise<{ accounts: MadeAccount[]; secret: string; program: SampleProgram }> {
  const accounts: MadeAccount[] = [];
  let token = '';
  for (const preset of presetNames()) {
    const policy = loadPreset(preset);
    if (!policy) throw new Error(`no preset ${preset}`);
    const clientCode = `DEMO-${preset.toUpperCase()}`;
    const tenant = await core.tenants.create({
      clientCode,
      preset,
      name: `Sallyport demo (${preset})`,
      policy: {
        ...policy,
        lockout: { ...policy.lockout, contactLine: 'This is a demo: npx sallyport account unlock' },
      },
    });
    if ('refused' in tenant) throw new Error(`${clientCode}: ${tenant.refused.code}`);
    if (preset === PROGRAM_PRESET) {
      const made = await core.apiTokens.create(tenant.id, 'sample', 'demo');
      if ('refused' in made) throw new Error(made.refused.code);
      token = made.secret;
    }
    for (const sample of SAMPLES) accounts.push(await makeAccount(core, tenant, preset, sample));
  }
  const origin = `http://localhost:${samplePort}`;
  const application = await core.applications.create({
    id: 'sample',
    kind: 'web',
    name: 'the sample application',
    redirectUris: [`${origin}/callback`],
    postLogoutRedirectUris: [`${origin}/`],
    backchannelLogoutUri: `${origin}${BACKCHANNEL_LOGOUT_PATH}`,
    population: 'any',
    isFirstParty: true,
  });
  if ('refused' in application || !application.secret) throw new Error('the sample application was not made');
  const supervisor = accounts.find(
    ({ preset, userName }) => preset === PROGRAM_PRESET && userName === 'supervisor',
  );
  if (!supervisor) throw new Error('no one signs in by program');
  const { clientCode: clientName, userName, password } = supervisor;
  const program = { token, clientName, userName, password };
  return { accounts, secret: application.secret, program };
}
