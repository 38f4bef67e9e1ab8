import { describe, expect, it } from 'vitest';
import { MAX_LOGPROB_MISMATCH, stepWarnings } from './step-warnings.js';

describe('warnings of a step', () => {
  it('tell of a trainer and a sampler that disagree, with both numbers', () => {
    const [warning, ...others] = stepWarnings(7, { max_logprob_mismatch: 2 * MAX_LOGPROB_MISMATCH });
    expect(warning).toMatch(/^Step 7: .*2\.0e-4.*0\.0001/);
    expect(others).toEqual([]);
  });

  it('are none up to the bound, and where nothing was trained', () => {
    expect(stepWarnings(1, { max_logprob_mismatch: MAX_LOGPROB_MISMATCH })).toEqual([]);
    expect(stepWarnings(1, {})).toEqual([]);
  });
});
