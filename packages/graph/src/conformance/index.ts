// Programs on which every executor must agree with the float64 reference.

export { blockCases } from './block-cases.js';
export { buildCaseProgram, uniformNumbers } from './case-program.js';
export type { CaseProgram } from './case-program.js';
export type { CaseBuild, CaseInput, CaseNumbers, ConformanceCase } from './conformance-case.js';
export { buildDecoderProgram, decoderFeeds, decoderShapes } from './decoder-program.js';
export type { DecoderSize } from './decoder-program.js';
export { longAttentionCases, longAttentionFeeds, longAttentionProgram } from './long-attention.js';
export type { LongAttention } from './long-attention.js';
export { primitiveCases } from './primitive-cases.js';
export { programCases } from './program-cases.js';
