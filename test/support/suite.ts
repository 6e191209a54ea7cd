import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { type KeptLog, type StartedApp, startApp } from './app.ts';
import { holdTime } from './time.ts';

/** A server for all tests of a file; there from the first test on. @param environment more SALLYPORT_ settings */
export function serverForAll(environment: Record<string, string> = {}, kept?: KeptLog): StartedApp {
  const server = {} as StartedApp;
  beforeAll(async () => {
    Object.assign(server, await startApp(environment, kept));
  });
  afterAll(() => server.close());
  return server;
}

/** A clock that each test of a file holds, and that runs again after it. */
export function clockForEach(): ReturnType<typeof holdTime> {
  const time = {} as ReturnType<typeof holdTime>;
  beforeEach(() => {
    Object.assign(time, holdTime());
  });
  afterEach(() => {
    time.release();
  });
  return time;
}
