/** OpenAI's graders and the phoneme error rate: compile once, grade many samples. */
export { compileGrader } from './compile-grader.js';
export { type CompiledGrader, itemProblems, requiredItemKeys, type Scorer } from './compiled-grader.js';
export { type GradeResult, grade } from './grade.js';
export { type GradeAllOptions, gradeAll } from './grade-all.js';
export type { GraderSample, GradingContext } from './grading-context.js';
export { tokenAccuracy, tokenErrorRate } from './token-error-rate.js';
export { parseTemplate, placeholdersOf, renderTemplate, type TextTemplate } from './text-template.js';
