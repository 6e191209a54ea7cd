import { expect, test } from '@jest/globals';
import { missingPackages, readLock } from './lock-file.ts';

test('the lock file holds the packages of every platform, so that npm ci takes it everywhere', () => {
  expect(Object.keys(missingPackages(readLock().packages))).toEqual([]);
});

test('the lock file names no download address', () => {
  const addressed = Object.entries(readLock().packages).filter(
    ([, { resolved, link }]) => resolved !== undefined && !link,
  );
  expect(addressed.map(([path]) => path)).toEqual([]);
});
