import type { GeneratedRow, GenerateRequest } from '@preheat/inference';
import { characterTokenizer, loadTokenizer } from '@preheat/tokenizer';
import { expect, it } from 'vitest';
import type { ServedModel } from '../serving/decoder-serving.js';
import { answerPieces } from './answer-pieces.js';
import type { AnswerPlan } from './plan-completion.js';

const tokenizer = loadTokenizer(characterTokenizer(['a', 'b']));
const [a = 0, b = 0] = [tokenizer.tokenToId('a'), tokenizer.tokenToId('b')].map(Number);
const requests = ['slow', 'quick'].map((key) => ({ tokens: [a], key }));
const plan = { tokenizer, requests, stops: [], topLogProbs: null, options: { maxNewTokens: 2, seed: 0 } };

const rowOf = (token: number, finishReason: GeneratedRow['finishReason'] = 'length'): GeneratedRow => {
  return { tokens: Int32Array.of(token), logProbs: Float32Array.of(-1), finishReason, policyVersion: 0 };
};

/** The slow choice has its first token when `isReady` is settled, as one that waits for a place. */
function modelOf(isReady: Promise<void>, left: string[]): ServedModel {
  async function* stream({ key }: GenerateRequest): AsyncGenerator<GeneratedRow, void, undefined> {
    try {
      if (key === 'slow') await isReady;
      yield rowOf(key === 'slow' ? a : b);
      yield rowOf(key === 'slow' ? a : b);
    } finally {
      left.push(key);
    }
  }
  return { decoder: { stream } } as unknown as ServedModel;
}

it('come as they are made: no choice waits for one before it', async () => {
  let ready = (): void => undefined;
  const isReady = new Promise<void>((resolve) => (ready = resolve));
  const said: string[] = [];
  const { signal } = new AbortController();
  for await (const { index, text, finishReason } of answerPieces(
    modelOf(isReady, []),
    plan as unknown as AnswerPlan,
    signal,
  )) {
    said.push(`${index}${text}`);
    if (index === 1 && finishReason !== null) ready();
  }
  expect(said).toEqual(['1b', '1b', '1', '0a', '0a', '0']);
});

it('fail with the first choice that fails, and leave none behind', async () => {
  const left: string[] = [];
  const failing = Promise.reject(new Error('broken'));
  const read = async (): Promise<void> => {
    for await (const _ of answerPieces(
      modelOf(failing, left),
      plan as unknown as AnswerPlan,
      new AbortController().signal,
    ));
  };
  await expect(read()).rejects.toThrow('broken');
  expect(left).toContain('slow');
});
