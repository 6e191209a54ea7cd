import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An empty folder of its own, and the way to be rid of it. */
export function freshFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
