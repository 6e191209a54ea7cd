import { expect, test } from '@jest/globals';
import { isClientGone } from '../../src/foundation/web/client-gone.ts';

test.each([
  ['a request that is being answered', { destroyed: false, complete: true, isOpen: true }, false],
  ['a request whose body was read to its end', { destroyed: true, complete: true, isOpen: true }, false],
  ['a body that was cut off', { destroyed: true, complete: false, isOpen: false }, true],
  ['a connection that broke before the answer', { destroyed: false, complete: true, isOpen: false }, true],
])('X9 %s', (_name, { destroyed, complete, isOpen }, isGone) => {
  const request = { destroyed, complete, socket: { destroyed: !isOpen } } as Parameters<
    typeof isClientGone
  >[0];
  expect(isClientGone(request)).toBe(isGone);
});
