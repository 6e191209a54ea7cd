// What a run of jest said, as `--json` writes it, put in numbers.

export interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: {
    name: string;
    startTime: number;
    endTime: number;
    status: string;
    assertionResults: { status: string }[];
  }[];
}

export interface Tally {
  passed: number;
  failed: number;
}

/**
 * Each test counts once. One that does not run is a failure, as nothing is skipped; so is a suite that failed outside of its tests:
 * one that could not be loaded, say.
 */
export function tallyOf({ testResults, ...report }: JestReport): Tally {
  const failedApart = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  const notRun = report.numPendingTests + report.numTodoTests;
  return { passed: report.numPassedTests, failed: report.numFailedTests + notRun + failedApart.length };
}

export interface TimedSuite {
  name: string;
  seconds: number;
}

/** @param root is left out of the names */
export function timesOf({ testResults }: JestReport, root: string): TimedSuite[] {
  return testResults.map(({ name, startTime, endTime }) => ({
    name: name.replace(`${root}/`, ''),
    seconds: Math.max(0, endTime - startTime) / 1_000,
  }));
}

/** The slowest first. */
export function slowest(suites: readonly TimedSuite[], count: number): TimedSuite[] {
  return [...suites].sort((a, b) => b.seconds - a.seconds).slice(0, count);
}
