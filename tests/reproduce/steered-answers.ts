/**
 * Greedy answers whose reasoning is steered while they are written: ended by force at a budget (budget forcing, Muennighoff et
 * al. 2025, s1, arXiv 2501.19393), or sooner or later by a bias on the mark that ends it. The mark begins the answer.
 */
import { ANSWER_MARK, taskNamed } from '@preheat/tasks/procedural';
import { COMPACT_TOKENS, loadTokenizer } from '@preheat/tokenizer';
import { taskTokenizer } from './bases.js';
import type { Suite } from './experiment.js';
import type { Answers } from './lab.js';
import { suiteItems } from './make-rows.js';

/** A text completion, as the platform gives it. */
export interface Continuation {
  readonly text: string;
  readonly finish_reason: 'stop' | 'length' | null;
}

export interface ContinuationOptions {
  readonly max_tokens: number;
  readonly stop?: string[];
  readonly logit_bias?: Record<string, number>;
}

/** Goes on from texts, greedily; one continuation a prompt, in order. */
export type GoOn = (prompts: string[], options: ContinuationOptions) => Promise<Continuation[]>;

/** Prompts of one request. */
const CHUNK = 100;
/** Tokens of an answer behind its mark, at most. */
const ANSWER_TOKENS = 16;

export const isSteered = ({ reasoning_budget: budget, end_bias: bias }: Suite): boolean =>
  budget !== undefined || bias !== undefined;

/** Of a steered suite, which is greedy alone; its answers are judged by the verifier of its task, and their tokens counted as written. */
export async function steeredAnswers(suite: Suite, goOn: GoOn): Promise<Omit<Answers, 'wallSeconds'>> {
  if (suite.samples > 0)
    throw new Error(`a steered suite of ${suite.task} is greedy: samples is 0, not ${suite.samples}`);
  const items = suiteItems(suite);
  const prompts = items.map(({ prompt }) => `${COMPACT_TOKENS.user}${prompt}${COMPACT_TOKENS.assistant}`);
  const written: Continuation[] = [];
  for (let start = 0; start < prompts.length; start += CHUNK) {
    written.push(...(await write(prompts.slice(start, start + CHUNK), suite, goOn)));
  }
  const tokenizer = loadTokenizer(taskTokenizer());
  const task = taskNamed(suite.task);
  return {
    greedy: items.map(({ data }, i) => Number(task?.verify(data, written[i]?.text ?? '').correct ?? false)),
    // The end of an answer that ended by itself is a token too.
    tokens: written.map(({ text, finish_reason: end }) => tokenizer.encode(text).length + Number(end === 'stop')),
    sampledRight: [],
    votedRight: [],
  };
}

async function write(prompts: string[], suite: Suite, goOn: GoOn): Promise<Continuation[]> {
  const { max_tokens, reasoning_budget: budget, end_bias: bias } = suite;
  const steering = bias === undefined ? {} : { logit_bias: { [markToken()]: bias } };
  if (budget === undefined) return goOn(prompts, { max_tokens, ...steering });
  const reasoned = await goOn(prompts, { max_tokens: budget, stop: [ANSWER_MARK], ...steering });
  const thoughts = reasoned.map(({ text }) => ended(text));
  const answered = await goOn(
    prompts.map((prompt, i) => prompt + thoughts[i]),
    { max_tokens: ANSWER_TOKENS },
  );
  return answered.map(({ text, finish_reason }, i) => ({ text: `${thoughts[i]}${text}`, finish_reason }));
}

/** Reasoning with the mark behind it, a word apart as in every trace. */
const ended = (reasoning: string): string =>
  reasoning === '' || reasoning.endsWith(' ') ? reasoning + ANSWER_MARK : `${reasoning} ${ANSWER_MARK}`;

/** Its place in the alphabet, which is the same in every base. */
const markToken = (): number => loadTokenizer(taskTokenizer()).encode(ANSWER_MARK)[0] ?? Number.NaN;
