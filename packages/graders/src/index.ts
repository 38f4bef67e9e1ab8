/** OpenAI's graders, the phoneme error rate and the verifiers of tasks: compile once, grade many samples. */
export { answeredSample } from './answered-sample.js';
export { compileGrader } from './compile-grader.js';
export {
  type CompiledGrader,
  itemProblems,
  type ProofOptions,
  proveGrader,
  requiredItemKeys,
  withoutJudges,
  type Scorer,
} from './compiled-grader.js';
export { type Criterion, criterionResult, storedCriterion } from './criterion.js';
export { DecoderJudge, type JudgeModel, type JudgeModels } from './decoder-judge.js';
export { type GradeResult, grade, type LeafResult } from './grade.js';
export { gradeOfPart } from './grade-of-part.js';
export { type GradeAllOptions, gradeAll } from './grade-all.js';
export { type GradeCall, GraderPool, type GraderPoolOptions } from './grader-pool.js';
export type {
  Embedder,
  GraderServices,
  HttpPoster,
  HttpReply,
  Judge,
  JudgeAnswer,
  Judgement,
  JudgeRequest,
  PythonCall,
  PythonRunner,
  TokenUsage,
} from './grader-services.js';
export type { GraderSample, GradingContext } from './grading-context.js';
export { type MessageTemplate, parseMessages, renderMessages } from './message-templates.js';
export { type GraderProcess, openGraders, type OpenGraders } from './open-graders.js';
export { parseFormula } from './formula.js';
export { lookUp, parsePlaceholder } from './placeholder-path.js';
export { addRows, defaultKs, emptyPassAtK, passAtK } from './pass-at-k.js';
export { tokenAccuracy, tokenErrorRate } from './token-error-rate.js';
export { parseTemplate, placeholdersOf, renderTemplate, type TextTemplate } from './text-template.js';
