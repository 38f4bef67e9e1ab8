/**
 * Whole models between the platform and Python, through the command line: a folder that transformers saved is imported,
 * computes the same, and trains; what is exported computes the same in transformers, peft and transformers.js.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectWithin } from './comparison.js';
import { type Computed, continuations, expectSame, expectSameTokens, promptsOf } from './computed.js';
import { transformersJs } from './node-peers.js';
import { PEER_TIMEOUT_MS, peerTest, runPeer } from './peer-python.js';
import { Platform } from './platform.js';

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.open();
});
afterAll(() => platform.close());

const path = (name: string): string => join(platform.folder, name);

describe('a folder that transformers saved, bfloat16 in shards', () => {
  let made: { files: string[]; base: Computed[]; adapted: Computed[] };
  const computedBy = async (...args: string[]): Promise<Computed[]> =>
    (await runPeer<Computed[][]>('model_folders.py', args))[0] ?? [];

  peerTest('is imported and computes the same, end tokens and spare rows included', async (context) => {
    made = await runPeer('model_folders.py', ['make', platform.folder]);
    expect(made.files.filter((name) => name.endsWith('.safetensors')).length).toBeGreaterThan(2);
    const table = await platform.preheat('models', 'import', 'base', '--name', 'py-base');
    expect(table).toContain('an answer ends with <|im_end|> or <|endoftext|>');
    expect(table).toContain('BF16');
    const compared = {
      check: 'imported folder',
      peers: ['transformers'] as const,
      configuration: 'bfloat16 in shards',
    };
    expectSame(context, compared, await platform.computed('py-base', promptsOf(made.base)), made.base);
    expect(await platform.preheat('chat', 'py-base', 'the cat', '--max-tokens', '4', '--temperature', '0')).not.toBe(
      '',
    );
  });

  peerTest('is exported in float32 and bfloat16, in shards, and computes the same in transformers', async (context) => {
    const variants = { f32: [], bf16: ['--dtype', 'bfloat16', '--shard-bytes', '50000'] };
    for (const [out, flags] of Object.entries(variants)) {
      const table = await platform.preheat('models', 'export', 'py-base', '--out', out, ...flags);
      expect(table).toContain('greedy text is the same');
      // The weights were bfloat16, so neither rounds them.
      const compared = { check: 'exported folder', peers: ['transformers'] as const, configuration: `llama in ${out}` };
      expectSame(context, compared, await computedBy('hf', path(out)), made.base);
      const parity = JSON.parse(readFileSync(join(path(out), 'parity.json'), 'utf8')) as Record<string, unknown>;
      expect(parity).toMatchObject({
        greedy_text_equal: true,
        max_logprob_difference: 0,
        rounding_logprob_difference: 0,
      });
    }
  });

  peerTest('takes an adapter of peft, merges it as peft does, and gives it back', async (context) => {
    const table = await platform.preheat('models', 'import', 'adapter', '--name', 'py-tuned', '--base', 'py-base');
    expect(table).toContain('adapter_model.safetensors');
    const compared = { peers: ['peft'] as const, configuration: 'llama, ranks and scales by layer' };
    const here = await platform.computed('py-tuned', promptsOf(made.adapted));
    expectSame(context, { check: 'imported adapter', ...compared }, here, made.adapted);
    await platform.preheat('models', 'export', 'py-tuned', '--format', 'peft', '--out', 'peft');
    await platform.preheat('models', 'export', 'py-base', '--out', 'for-peft');
    const there = await computedBy('peft', path('peft'), path('for-peft'));
    expectSame(context, { check: 'exported adapter', ...compared }, there, made.adapted);
    await platform.preheat('models', 'export', 'py-tuned', '--out', 'merged');
    const difference = await runPeer<number>('model_folders.py', [
      'merged',
      path('merged'),
      path('for-peft'),
      path('adapter'),
    ]);
    expectWithin(context, {
      check: 'merged weights',
      ...compared,
      difference,
      bound: 1e-6,
      unit: 'largest weight difference',
    });
  });

  peerTest('computes the same in transformers.js', async (context) => {
    await platform.preheat('models', 'export', 'py-base', '--format', 'transformers-js', '--out', 'tjs');
    const written = await transformersJs(platform.folder, 'tjs', promptsOf(made.base));
    const compared = { check: 'greedy text', peers: ['@huggingface/transformers'] as const, configuration: 'llama' };
    expectSameTokens(context, compared, written, continuations(made.base));
  });
});

it('a model made here computes the same in transformers.js', { timeout: PEER_TIMEOUT_MS }, async (context) => {
  await platform.preheat('models', 'export', 'preheat-1m', '--format', 'transformers-js', '--out', 'tjs-here');
  const prompts = ['cat', 'K AE', 'a word'];
  const written = await transformersJs(platform.folder, 'tjs-here', prompts);
  const compared = { check: 'greedy text', peers: ['@huggingface/transformers'] as const, configuration: 'made here' };
  expectSameTokens(context, compared, written, continuations(await platform.computed('preheat-1m', prompts)));
});
