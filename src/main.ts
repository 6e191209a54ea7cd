#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
// The command line. Small, so that the compile cache is on before anything else is loaded: a second start is then as fast as
// the bare engine's.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/sallyport', import.meta.url)));
const { run } = await import('./doors/cli/index.ts');
process.exitCode = await run(process.argv.slice(2));
