import { TestEnvironment } from 'jest-environment-node';

/** What a suite must not leave behind: servers that still listen, and processes that it started. */
const LEFT = new Set(['TCPServerWrap', 'PipeServerWrap', 'ProcessWrap']);
/** What was closed goes soon, on however busy a machine; only what was left open stays so long. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 20;

const open = () => process.getActiveResourcesInfo().filter((name) => LEFT.has(name));

/**
 * Fails a suite that left a server or a process open. Jest itself only says whether a worker ended within half a second, which
 * depends on how busy the machine is.
 */
export default class extends TestEnvironment {
  before = open().length;

  async teardown() {
    const until = performance.now() + PATIENCE_MS;
    while (open().length > this.before && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const left = open();
    await super.teardown();
    if (left.length > this.before) throw new Error(`left open: ${left.join(', ')}`);
  }
}
