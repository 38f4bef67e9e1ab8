/** A row of a recorded run: the answers to it, and what each criterion made of them where they were graded. */
import Type, { type Static } from 'typebox';
import { MAX_CRITERIA } from './evaluation.js';
import { CriterionResult } from './output-item.js';
import { MAX_RECORDED_SAMPLES } from './run-data-source.js';
import { EvalRow } from './training-row.js';

export const RecordedRow = Type.Object({
  item: EvalRow.properties.item,
  answers: Type.Array(
    Type.Object({
      sample: EvalRow.properties.item,
      results: Type.Array(CriterionResult, { maxItems: MAX_CRITERIA }),
    }),
    { minItems: 1, maxItems: MAX_RECORDED_SAMPLES },
  ),
});
export type RecordedRow = Static<typeof RecordedRow>;
