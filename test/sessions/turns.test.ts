import { describe, expect, test } from '@jest/globals';
import { createTurns, type Turn } from '../../src/capabilities/delivery-queue/turns.ts';

const taken = (turn: Turn) => {
  if ('until' in turn) throw new Error(`not before ${turn.until}`);
  return turn;
};

describe('taking turns at asking applications', () => {
  test('F22 four at once are asked of one, whatever is asked of others', () => {
    const turns = createTurns();
    const open = Array.from({ length: 4 }, () => taken(turns.take('slow', 100)));
    expect(turns.take('slow', 100)).toEqual({ until: 101 });
    taken(turns.take('quick', 100));
    open[0]?.end(true, 100);
    taken(turns.take('slow', 100));
    expect(turns.take('slow', 100)).toEqual({ until: 101 });
  });

  test('F22 one that fails rests, longer each time, at most five minutes, and is asked by one until it is well', () => {
    const turns = createTurns();
    let now = 0;
    for (const rest of [5, 10, 20, 40, 80, 160, 300, 300]) {
      const probe = taken(turns.take('dead', now));
      if (now > 0) expect(turns.take('dead', now)).toEqual({ until: now + 1 });
      probe.end(false, now);
      expect(turns.take('dead', now + rest - 1)).toEqual({ until: now + rest });
      now += rest;
    }
    taken(turns.take('dead', now)).end(true, now);
    for (let n = 0; n < 4; n++) taken(turns.take('dead', now));
    expect(turns.take('dead', now)).toEqual({ until: now + 1 });
  });
});
