import { describe, expect, test } from '@jest/globals';
import { type JestReport, slowest, tallyOf, timesOf } from '../report.ts';

const suite = (name: string, status: string, tests: string[], seconds = 1) => ({
  name: `/project/test/${name}`,
  status,
  startTime: 1_000,
  endTime: 1_000 + seconds * 1_000,
  assertionResults: tests.map((each) => ({ status: each })),
});
const report = (numbers: Partial<JestReport>): JestReport => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [],
  ...numbers,
});

describe('OPS-6 the last line of a run', () => {
  test.each([
    [
      'a failing test in a suite is one failure',
      report({
        numPassedTests: 2,
        numFailedTests: 1,
        testResults: [suite('a', 'failed', ['passed', 'failed', 'passed'])],
      }),
      { passed: 2, failed: 1 },
    ],
    [
      'a suite that could not be loaded is one failure',
      report({ testResults: [suite('a', 'failed', [])] }),
      { passed: 0, failed: 1 },
    ],
    [
      'a suite that failed after tests that passed is one failure',
      report({ numPassedTests: 1, testResults: [suite('a', 'failed', ['passed'])] }),
      { passed: 1, failed: 1 },
    ],
    [
      'tests that did not run are failures',
      report({ numPassedTests: 1, numPendingTests: 2, numTodoTests: 1 }),
      { passed: 1, failed: 3 },
    ],
  ])('%s', (_, said, tally) => {
    expect(tallyOf(said)).toEqual(tally);
  });

  test('the slowest suites stand first, by their names in the repository', () => {
    const said = report({
      testResults: [suite('a', 'passed', [], 1), suite('b', 'passed', [], 3), suite('c', 'passed', [], 2)],
    });
    expect(slowest(timesOf(said, '/project'), 2)).toEqual([
      { name: 'test/b', seconds: 3 },
      { name: 'test/c', seconds: 2 },
    ]);
  });
});
