import { describe, expect, test } from '@jest/globals';
import { totpUri } from '../../src/capabilities/second-factor/index.ts';

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

/** Key URI format: label = issuer (":" / "%3A") *"%20" accountname; neither part holds a colon. */
function read(uri: string) {
  const match = /^otpauth:\/\/totp\/([^?/]+)\?(.+)$/.exec(uri);
  const parts = decodeURIComponent(match?.[1] ?? '').split(':');
  const parameters = new URLSearchParams(match?.[2]);
  return { parts, issuer: parameters.get('issuer'), secret: parameters.get('secret') };
}

describe('MFA-2 the address for authenticator apps is read as the Key URI format says', () => {
  test.each([
    ['ACME', 'ann', 'ACME', 'ann'],
    ['ACME: Paris', 'ann', 'ACME Paris', 'ann'],
    ['ACME', 'site:ann', 'ACME', 'site ann'],
    ['A::B:', ':a:', 'A B', 'a'],
    ['ACME：東京', 'ann', 'ACME 東京', 'ann'],
    ['ACME%3AParis', 'ann%3Alee', 'ACME%3AParis', 'ann%3Alee'],
    ['AC\u0000ME\r\n', 'a\u202enn\u0085', 'AC ME', 'a nn'],
    ['A & B = C? #1/2', 'ann+1@site.example', 'A & B = C? #1/2', 'ann+1@site.example'],
    ['\u200b', ':', 'Sallyport', 'account'],
    ['Zoë 🎧', 'Müller', 'Zoë 🎧', 'Müller'],
  ])('%j and %j', (issuer, name, readIssuer, readName) => {
    const found = read(totpUri(SECRET, issuer, name));
    expect(found).toEqual({ parts: [readIssuer, readName], issuer: readIssuer, secret: SECRET });
  });
});
