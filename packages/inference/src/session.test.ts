import { TensorMismatchError } from '@preheat/checkpoints';
import { afterAll, describe, expect, it } from 'vitest';
import { DecoderSession } from './decoder-session.js';
import type { GeneratedRow, GenerateOptions } from './generation-types.js';
import { logSoftmax, naiveLogits } from './oracle/naive-llama.js';
import { randomTensors, TINY_CONFIG } from './oracle/tiny-model.js';

const REQUEST = { tokens: [1, 4, 7], key: 'a' };
const SAMPLED: GenerateOptions = { maxNewTokens: 11, seed: 7, stopIds: [] };

const open: DecoderSession[] = [];
async function session(seed = 1, policyVersion = 0): Promise<DecoderSession> {
  const created = await DecoderSession.create(TINY_CONFIG, randomTensors(TINY_CONFIG, seed), { policyVersion });
  open.push(created);
  return created;
}
afterAll(() => Promise.all(open.map((each) => each.close())));

async function collect(chunks: AsyncIterable<GeneratedRow>): Promise<GeneratedRow[]> {
  const all: GeneratedRow[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

describe('stream', () => {
  it.each([1, 3, 11, 50])('in chunks of %i equals one call', async (chunkTokens) => {
    const decoder = await session();
    const [whole] = await decoder.generate([REQUEST], SAMPLED);
    const chunks = await collect(decoder.stream(REQUEST, { ...SAMPLED, chunkTokens }));
    expect(chunks).toHaveLength(Math.ceil(11 / chunkTokens));
    expect(chunks.flatMap(({ tokens }) => [...tokens])).toEqual([...(whole?.tokens ?? [])]);
    const logProbs = chunks.flatMap((chunk) => [...chunk.logProbs]);
    logProbs.forEach((value, index) => {
      expect(value).toBeCloseTo(whole?.logProbs[index] as number, 5);
    });
  });

  it('ends with the chunk that stopped', async () => {
    const decoder = await session();
    const [free] = await decoder.generate([REQUEST], SAMPLED);
    const stop = free?.tokens[4] as number;
    const end = free?.tokens.indexOf(stop) as number;
    const chunks = await collect(decoder.stream(REQUEST, { ...SAMPLED, stopIds: [stop], chunkTokens: 2 }));
    expect(chunks.flatMap(({ tokens }) => [...tokens])).toEqual([...(free?.tokens.slice(0, end + 1) ?? [])]);
    expect(chunks.map(({ finishReason }) => finishReason)).toEqual([...chunks.slice(1).map(() => 'length'), 'stop']);
  });

  it('stops between chunks when aborted', async () => {
    const decoder = await session();
    const controller = new AbortController();
    const chunks = decoder.stream(REQUEST, { ...SAMPLED, chunkTokens: 2, signal: controller.signal });
    await chunks.next();
    controller.abort(new Error('client went away'));
    await expect(chunks.next()).rejects.toThrow('client went away');
  });
});

describe('score', () => {
  it('gives the oracle log-probabilities of rows of different lengths', async () => {
    const decoder = await session();
    const rows = [
      { tokens: [1, 4, 7, 2, 2, 9], from: 3 },
      { tokens: [3, 5], from: 1 },
      { tokens: Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), from: 1 },
    ];
    const scored = await decoder.score(rows);
    rows.forEach(({ tokens, from }, index) => {
      const logits = naiveLogits(TINY_CONFIG, randomTensors(TINY_CONFIG, 1), tokens);
      const { logProbs } = scored[index] as { logProbs: Float32Array };
      expect(logProbs).toHaveLength(tokens.length - from);
      logProbs.forEach((value, position) => {
        const expected = logSoftmax(logits[from + position - 1] as number[])[tokens[from + position] as number];
        expect(value).toBeCloseTo(expected as number, 4);
      });
    });
  });
});

describe('updateWeights', () => {
  it('changes what is generated and scored, and the version every row carries', async () => {
    const decoder = await session(1, 5);
    const other = await session(2);
    const [before] = await decoder.generate([REQUEST], SAMPLED);
    await decoder.score([{ tokens: [1, 2, 3], from: 1 }]);
    await decoder.updateWeights(randomTensors(TINY_CONFIG, 2), 6);
    const [after] = await decoder.generate([REQUEST], SAMPLED);
    const [expected] = await other.generate([REQUEST], SAMPLED);
    expect([before?.policyVersion, after?.policyVersion, decoder.policyVersion]).toEqual([5, 6, 6]);
    expect(after?.logProbs).toEqual(expected?.logProbs);
    expect(before?.logProbs).not.toEqual(after?.logProbs);
    const [score] = await decoder.score([{ tokens: [1, 2, 3], from: 1 }]);
    const [expectedScore] = await other.score([{ tokens: [1, 2, 3], from: 1 }]);
    expect(score).toEqual({ ...expectedScore, policyVersion: 6 });
  });

  it('takes a copy: later changes of the buffers do not leak into graphs made later', async () => {
    const tensors = randomTensors(TINY_CONFIG, 1);
    const decoder = await DecoderSession.create(TINY_CONFIG, tensors);
    open.push(decoder);
    for (const { data } of tensors.values()) data.fill(0.25);
    const [row] = await decoder.generate([REQUEST], SAMPLED);
    const [expected] = await (await session()).generate([REQUEST], SAMPLED);
    expect(row?.logProbs).toEqual(expected?.logProbs);
  });

  it('refuses tensors of another model and keeps the old ones', async () => {
    const decoder = await session();
    const foreign = randomTensors({ ...TINY_CONFIG, hidden_size: 8 }, 1);
    await expect(decoder.updateWeights(foreign, 1)).rejects.toThrow(TensorMismatchError);
    expect(decoder.policyVersion).toBe(0);
  });

  it('never mixes weights inside a row, however updates and calls interleave', async () => {
    const decoder = await session(1, 1);
    const calls = [decoder.generate([REQUEST], SAMPLED)];
    const update = decoder.updateWeights(randomTensors(TINY_CONFIG, 2), 2);
    calls.push(decoder.generate([REQUEST], SAMPLED));
    await update;
    const rows = (await Promise.all(calls)).flat();
    for (const row of rows) {
      const [expected] = await (await session(row.policyVersion)).generate([REQUEST], SAMPLED);
      expect(row.logProbs).toEqual(expected?.logProbs);
    }
  });
});

describe('refusals', () => {
  it('says when the weights are broken instead of returning tokens', async () => {
    const tensors = randomTensors(TINY_CONFIG, 1);
    tensors.get('model.norm.weight')?.data.fill(Number.NaN);
    const decoder = await DecoderSession.create(TINY_CONFIG, tensors, { policyVersion: 3 });
    open.push(decoder);
    for (const temperature of [0, 1]) {
      await expect(decoder.generate([REQUEST], { ...SAMPLED, temperature })).rejects.toThrow(
        'the weights (version 3) are not usable',
      );
    }
  });

  it.each([
    [{ tokens: [] }, {}, 'row 0: needs at least one token'],
    [{ tokens: [1, 11] }, {}, 'row 0, token 1 must be a token id from 0 to 10, got 11'],
    [{ tokens: new Array(40).fill(1) }, {}, "row 0: 40 prompt tokens and 11 new ones exceed the model's 48 positions"],
    [{}, { maxNewTokens: 0 }, 'maxNewTokens must be a positive integer, got 0'],
    [{}, { temperature: -1 }, 'temperature must be between 0 and 100, got -1'],
    [{}, { topP: 0 }, 'topP must be above 0 and at most 1, got 0'],
    [{}, { seed: 0.5 }, 'seed must be a non-negative integer, got 0.5'],
    [{}, { stopIds: [99] }, 'stopIds must be a token id from 0 to 10, got 99'],
    [{}, { topLogProbs: 12 }, 'topLogProbs must be an integer from 0 to 11, got 12'],
  ])('names what is wrong: %j %j', async (request, options, message) => {
    const decoder = await session();
    await expect(decoder.generate([{ ...REQUEST, ...request }], { ...SAMPLED, ...options })).rejects.toThrow(message);
  });

  it('refuses to score nothing', async () => {
    const decoder = await session();
    const message = 'row 0: from must be an integer from 1 to 1, got 0';
    await expect(decoder.score([{ tokens: [1, 2], from: 0 }])).rejects.toThrow(message);
  });

  it('generates nothing for no requests', async () => {
    expect(await (await session()).generate([], SAMPLED)).toEqual([]);
  });

  it('does not start when already aborted', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    await expect((await session()).generate([REQUEST], { ...SAMPLED, signal })).rejects.toThrow('too late');
  });
});
