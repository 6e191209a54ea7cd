/** Transforms what Node strips; everything runs as ES modules, as the engine is one. */
export default {
  testEnvironment: '<rootDir>/test/environment.js',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // A test ends by its events; only one that hangs takes so long, on however busy a machine.
  testTimeout: process.env.SALLYPORT_TEST_LONG ? 3_600_000 : 600_000,
  maxWorkers: 2,
  // Modules of every suite stay in the memory of their worker: a full one took longer to end than jest waits for.
  workerIdleMemoryLimit: '512MB',
};
