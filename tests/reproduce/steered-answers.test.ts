import { describe, expect, it } from 'vitest';
import { suiteItems } from './make-rows.js';
import { type Continuation, type ContinuationOptions, type GoOn, steeredAnswers } from './steered-answers.js';

const suite = { task: 'arith', items: 3, max_tokens: 40, samples: 0, prefix: 'M ' };
const prompts = suiteItems(suite).map(({ prompt }) => `<|user|>${prompt}<|assistant|>`);
const answers = suiteItems(suite).map(({ data }) => rightAnswer(data));

function rightAnswer(data: unknown): string {
  const { start, steps } = data as { start: number; steps: { operation: '+' | '-' | '*'; operand: number }[] };
  const apply = {
    '+': (a: number, b: number) => a + b,
    '-': (a: number, b: number) => a - b,
    '*': (a: number, b: number) => a * b,
  };
  return String(steps.reduce((value, { operation, operand }) => apply[operation](value, operand), start));
}

/** Goes on by a script; what it was asked is on record. */
function scripted(...script: ((prompt: string, i: number) => Continuation)[]) {
  const asked: { prompts: string[]; options: ContinuationOptions }[] = [];
  const goOn: GoOn = async (given, options) => {
    const reply = script[asked.length];
    asked.push({ prompts: given, options });
    return given.map((prompt, i) => reply?.(prompt, i) ?? { text: '', finish_reason: 'stop' });
  };
  return { asked, goOn };
}

describe('steered answers', () => {
  it('of a budget are cut there, get the mark, and go on to an answer', async () => {
    const { asked, goOn } = scripted(
      (_, i) => (i === 0 ? { text: '1+1=2 ', finish_reason: 'stop' } : { text: '1+1', finish_reason: 'length' }),
      (_, i) => ({ text: i === 2 ? 'x' : (answers[i] ?? ''), finish_reason: i === 2 ? 'length' : 'stop' }),
    );
    const { greedy, tokens } = await steeredAnswers({ ...suite, reasoning_budget: 7 }, goOn);
    expect(asked[0]).toEqual({ prompts, options: { max_tokens: 7, stop: ['#'] } });
    expect(asked[1]?.prompts).toEqual([`${prompts[0]}1+1=2 #`, `${prompts[1]}1+1 #`, `${prompts[2]}1+1 #`]);
    expect(greedy).toEqual([1, 1, 0]);
    const digits = answers.map((answer) => answer.length);
    // Characters are tokens; of those that ended by themselves the end counts.
    expect(tokens).toEqual([7 + (digits[0] ?? 0) + 1, 5 + (digits[1] ?? 0) + 1, 5 + 1]);
  });

  it('of a bias are one continuation, with the mark likelier or less so', async () => {
    const { asked, goOn } = scripted((_, i) => ({ text: `7 #${answers[i]}`, finish_reason: 'stop' }));
    expect((await steeredAnswers({ ...suite, end_bias: -2 }, goOn)).greedy).toEqual([1, 1, 1]);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.options.max_tokens).toBe(40);
    expect(Object.values(asked[0]?.options.logit_bias ?? {})).toEqual([-2]);
  });
});
