import { expect, it } from 'vitest';
import { jsonLines } from './run-side.js';

it('reads objects among other output, also two that processes wrote onto one line', () => {
  const output = 'loading\n{\'loss\': 2}\n{"step": 1}\n{"loss": 3}{"loss": 4}\n\n';
  expect(jsonLines(output)).toEqual([{ step: 1 }, { loss: 3 }, { loss: 4 }]);
});
