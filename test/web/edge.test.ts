import { expect, test } from '@jest/globals';
import { comparableHost } from '../../src/foundation/web/edge.ts';

test.each([
  ['id.example.org', 'https:', 'id.example.org'],
  ['id.example.org:443', 'https:', 'id.example.org'],
  ['ID.Example.ORG.:443', 'https:', 'id.example.org'],
  ['id.example.org:80', 'https:', 'id.example.org:80'],
  ['id.example.org:80', 'http:', 'id.example.org'],
  ['[::1]:443', 'https:', '[::1]'],
  ['[::1]:3000', 'http:', '[::1]:3000'],
  ['a, b', 'https:', 'a, b'],
  ['a:b', 'https:', ''],
  [undefined, 'https:', ''],
])('S44 the host %s under %s is compared as %s', (host, protocol, compared) => {
  expect(comparableHost(host, protocol)).toBe(compared);
});
