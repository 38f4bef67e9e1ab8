/**
 * The upper-case words of prompts and traces, for a tokenizer that gives each one token. Their order fixes token ids of
 * committed checkpoints: append, never reorder.
 */
import { ARC_RULES } from './arc/rules.js';
import { SKILL_NAMES } from './listfn/skills.js';

export const TASK_WORDS: readonly string[] = [
  ...['ARITH', 'COUNTDOWN', 'KK', 'SUDOKU', 'LISTFN', 'ARC', 'ZEBRA'],
  ...['CHECK', 'OK', 'NO', 'ASSUME', 'REVISE'],
  ...SKILL_NAMES,
  ...ARC_RULES.map(({ name }) => name),
];
