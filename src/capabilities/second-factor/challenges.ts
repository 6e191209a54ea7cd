import { type Clock, newSecret } from '../../foundation/base/index.ts';
import type { Ephemeral } from '../../foundation/stores/index.ts';

/** What the next answer of a passkey must be to: one a place, such as a sign-in attempt, kept until an answer comes. */
export interface Challenges {
  /** 256 random bits as base64url; the same through reloads and in two tabs. */
  of(place: string): Promise<string>;
  /** Takes it out before an answer is judged: of many posts of one answer, one is looked at. @returns undefined for the others */
  spend(place: string): Promise<string | undefined>;
}

const KIND = 'PasskeyChallenge';
const LIFE_SECONDS = 3_600;

export function createChallenges(parts: { ephemeral: Ephemeral; clock: Clock }): Challenges {
  const { ephemeral, clock } = parts;
  const record = (challenge: string) => ({
    value: JSON.stringify(challenge),
    expiresAt: clock.now() + LIFE_SECONDS,
  });
  const read = async (place: string) => {
    const stored = await ephemeral.get(KIND, place, clock.now());
    return stored && { version: stored.version, challenge: JSON.parse(stored.value) as string };
  };

  return {
    async of(place) {
      const found = await read(place);
      if (found?.challenge) return found.challenge;
      const challenge = newSecret();
      const now = clock.now();
      const won = found
        ? await ephemeral.replace(KIND, place, record(challenge), found.version, now)
        : await ephemeral.insert(KIND, place, record(challenge), now);
      if (won) return challenge;
      // Another tab was first: use the one that counts.
      return (await read(place))?.challenge ?? challenge;
    },
    async spend(place) {
      const found = await read(place);
      if (!found?.challenge) return undefined;
      const won = await ephemeral.replace(KIND, place, record(''), found.version, clock.now());
      return won ? found.challenge : undefined;
    },
  };
}
