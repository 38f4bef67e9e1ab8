/** A prompt's columns read once for all its rows give what rows with columns of their own get, to rounding. */
import type { DecoderConfig } from '@preheat/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { MIN_SHARED_COLUMNS } from './decode-batch.js';
import { generateRows } from './generate-rows.js';
import type { GenerateOptions, GenerateRequest } from './generation-types.js';
import { type CountedEngine, countedEngine } from './oracle/counted-engine.js';
import { TINY_CONFIG, TINY_GPT2 } from './oracle/tiny-model.js';

/** The products of both layouts add in different orders: the last bits differ, the tokens drawn here do not. */
const TOLERANCE = 1e-5;
const LLAMA = { ...TINY_CONFIG, max_position_embeddings: 160 };
const VARIANTS: [string, DecoderConfig][] = [
  ['grouped heads', LLAMA],
  ['one key/value head', { ...LLAMA, num_key_value_heads: 1 }],
  ['a window shorter than the prompt', { ...LLAMA, model_type: 'mistral', sliding_window: 25 }],
  ['a window that chunks outgrow', { ...LLAMA, model_type: 'mistral', sliding_window: 7 }],
  ['learned positions', TINY_GPT2],
];
const OPTIONS: GenerateOptions = { maxNewTokens: 37, seed: 11, stopIds: [5] };

const open: CountedEngine[] = [];
afterAll(() => Promise.all(open.map(({ graphs }) => graphs.close())));

function engineOf(config: DecoderConfig): CountedEngine {
  const made = countedEngine(config);
  open.push(made);
  return made;
}

/** Groups of prompts of different lengths; the last group has fewer rows than the others. */
function groups(lengths: readonly number[], rows: number): GenerateRequest[] {
  return lengths.flatMap((length, prompt) =>
    Array.from({ length: prompt === lengths.length - 1 ? rows - 1 : rows }, (_, copy) => ({
      tokens: Array.from({ length }, (_unused, index) => (index * index + prompt) % 11),
      key: `${prompt}/${copy}`,
    })),
  );
}

describe('rows of one prompt', () => {
  it.each(VARIANTS)('get what each gets alone, with %s', async (_, config) => {
    const requests = groups([MIN_SHARED_COLUMNS + 1, 60, 47], 5);
    const shared = engineOf(config);
    const rows = await generateRows(config, shared.engine, requests, OPTIONS);
    expect(new Set(shared.runner.decodingCalls.map(({ graph }) => graph))).toContain('decode-shared-many');
    const single = engineOf(config);
    for (const [index, request] of requests.entries()) {
      const [alone] = await generateRows(config, single.engine, [request], OPTIONS);
      expect([...(rows[index]?.tokens ?? [])]).toEqual([...(alone?.tokens ?? [])]);
      expect(rows[index]?.finishReason).toBe(alone?.finishReason);
      rows[index]?.logProbs.forEach((value, at) => {
        expect(Math.abs(value - (alone?.logProbs[at] as number))).toBeLessThan(TOLERANCE);
      });
    }
    expect(new Set(single.runner.decodingCalls.map(({ graph }) => graph))).toEqual(new Set(['decode-joined-few']));
  });

  it('keep their prompts to themselves below the length from which sharing pays', async () => {
    const { runner, engine } = engineOf(LLAMA);
    await generateRows(LLAMA, engine, groups([MIN_SHARED_COLUMNS], 6), OPTIONS);
    expect(new Set(runner.decodingCalls.map(({ graph }) => graph))).toEqual(new Set(['decode-joined-few']));
  });

  it('share it with filters too', async () => {
    const options = { ...OPTIONS, topP: 0.8, frequencyPenalty: 0.5 };
    const requests = groups([40, 40], 4);
    const { runner, engine } = engineOf(LLAMA);
    const rows = await generateRows(LLAMA, engine, requests, options);
    expect(runner.decodingCalls.map(({ graph }) => graph)).toContain('decode-filtered-shared-many');
    const [alone] = await generateRows(LLAMA, engineOf(LLAMA).engine, requests.slice(2, 3), options);
    expect([...(rows[2]?.tokens ?? [])]).toEqual([...(alone?.tokens ?? [])]);
  });
});
