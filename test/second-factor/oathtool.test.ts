import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { judgeCode, newTotpSecret, timeStepAt } from '../../src/capabilities/second-factor/index.ts';
import { findService } from '../services.ts';

const ROUNDS = 1_000;
const YEAR_2100 = 4_102_444_800;

test('MFA-2 RFC 6238 Debian’s oathtool and we agree on the codes of 1,000 random secrets at random times', () => {
  const oathtool = findService('oathtool');
  if (!oathtool) throw new Error('oathtool is missing: npm run services');
  const disagreements: string[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    const secret = newTotpSecret();
    const now = randomInt(1, YEAR_2100);
    const run = spawnSync(oathtool, ['--totp', '--base32', '--now', `@${now}`, '-'], {
      input: `${secret}\n`,
      encoding: 'utf8',
    });
    const code = run.stdout.trim();
    const step = judgeCode({ secret, code, now, driftSteps: 0 });
    if (!/^\d{6}$/.test(code) || step !== timeStepAt(now)) disagreements.push(`${now}: ${code}${run.stderr}`);
  }
  expect(disagreements).toEqual([]);
});
