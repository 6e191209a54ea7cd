import type { ProgramSessions } from '../credential-events/index.ts';
import type { ApiSessions } from './sessions.ts';
import type { ApiTokens } from './tokens.ts';

/** Sessions of programs as their owner and administrators see them, beside those of browsers (SES-1). */
export function createProgramSessions(parts: {
  apiSessions: ApiSessions;
  apiTokens: ApiTokens;
}): ProgramSessions {
  const { apiSessions, apiTokens } = parts;
  return {
    async list({ account, epoch }) {
      const found = (await apiSessions.ofAccount(account.id)).filter((session) => session.epoch === epoch);
      const named = await Promise.all(
        found.map(async ({ reference, tokenId, startedAt, usedAt, address, browser }) => {
          const token = await apiTokens.byTokenId(tokenId);
          const said = { uid: reference, signedInAt: startedAt, usedAt, address, browser, applications: [] };
          return token ? [{ ...said, token: token.name }] : [];
        }),
      );
      return named.flat();
    },
    async end({ id }, uid) {
      const session = (await apiSessions.ofAccount(id)).find(({ reference }) => reference === uid);
      if (session) await apiSessions.end(session);
      return session !== undefined;
    },
  };
}
