import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { replayOptions } from './replay-options.js';

const [HERE, NOWHERE] = [{ PREHEAT_TRACES: tmpdir() }, { PREHEAT_TRACES: '/nowhere/traces' }];

describe('what a replay is asked for', () => {
  it('is every trace that is there, unless named', () => {
    expect(replayOptions([], HERE)).toMatchObject({ traces: ['synthetic', 'gentd26', 'philly'], absent: [], jobs: 40 });
    expect(replayOptions([], NOWHERE)).toMatchObject({ traces: ['synthetic'], absent: ['gentd26', 'philly'] });
    expect(replayOptions(['--trace', 'synthetic', '--jobs', '4', '--work', '0.5'], NOWHERE)).toMatchObject({
      ...{ traces: ['synthetic'], absent: [], jobs: 4, meanWorkMs: 500, load: 0.6 },
    });
    expect(replayOptions(['--help', '--jobs', 'x'], NOWHERE)).toBeNull();
  });

  it.each([
    [['--trace', 'nothing'], '--trace takes synthetic, gentd26, philly, not nothing'],
    [['--trace', 'philly'], 'no traces in /nowhere/traces: set PREHEAT_TRACES'],
    [['--jobs', '1'], '--jobs takes a whole number from 2 to 10000, not 1'],
    [['--jobs', '2.5'], '--jobs takes a whole number from 2 to 10000, not 2.5'],
    [['--work', ''], '--work takes a number from 0.1 to 600, not '],
    [['--load', 'high'], '--load takes a number from 0.05 to 1, not high'],
    [['--traces', 'philly'], "Unknown option '--traces'"],
  ])('%j is refused before anything is measured', (args, problem) => {
    expect(() => replayOptions(args, NOWHERE)).toThrow(problem);
  });
});
