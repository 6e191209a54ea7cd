// The hash limit: only argon2id, with the product's parameters, as many at once as there are cores. Prints hashes a
// second.
import { availableParallelism } from 'node:os';
import argon2 from 'argon2';

const [seconds = '3'] = process.argv.slice(2);
const options = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const hash = await argon2.hash('correct horse 9', options);
const until = performance.now() + Number(seconds) * 1_000;
const startedAt = performance.now();
let done = 0;
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    while (performance.now() < until) {
      await argon2.verify(hash, 'correct horse 9');
      done += 1;
    }
  }),
);
console.log(JSON.stringify({ perSecond: done / ((performance.now() - startedAt) / 1_000) }));
