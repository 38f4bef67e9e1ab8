/**
 * Every family of decoders through the formats of other programs: what was written, read back and run, computes what the
 * model does. That the layouts are what those programs expect is proven in tests/parity.
 */
import { readFileSync } from 'node:fs';
import { MemoryObjectStore } from '@preheat/adapters/memory';
import { publishBundle, readHuggingFaceConfig } from '@preheat/checkpoints';
import type { ModelRecord } from '@preheat/contracts';
import { exportModel } from '@preheat/inference/exports';
import { ModelRegistry } from '@preheat/inference/model-registry';
import { modelBlobs } from '@preheat/inference/stored-models';
import { VirtualClock } from '@preheat/ports';
import { characterTokenizer } from '@preheat/tokenizer';
import { describe, expect, it } from 'vitest';
import { filledTensors } from './filled-tensors.js';

const file = new URL('./recorded/decoders.json', import.meta.url);
const recorded = Object.entries(
  JSON.parse(readFileSync(file, 'utf8')) as Record<string, { config: Record<string, unknown> }>,
);

describe.each(recorded)('%s', (name, { config: given }) => {
  const read = readHuggingFaceConfig(given);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const config = read.value;

  const published = async () => {
    const store = new MemoryObjectStore({ clock: new VirtualClock() });
    // As many ids as the smallest vocabulary has room for.
    const files = characterTokenizer([...'abcdefghi'].slice(0, config.vocab_size - 6));
    await publishBundle(store, 'model', modelBlobs(config, files, filledTensors(config)));
    const record: ModelRecord = {
      schemaVersion: 1,
      name,
      kind: 'imported',
      projectId: 'proj',
      createdAtMs: 0,
      ownedBy: 'proj',
      prefix: 'model',
      jobId: null,
      base: null,
    };
    return { store, record, models: new ModelRegistry(store) };
  };

  it.each(['hf', 'transformers-js', 'gguf'] as const)(
    'computes the same as %s, or says why it cannot be written so',
    async (format) => {
      const { store, record, models } = await published();
      const writing = exportModel(store, models, record, 'export', { format, dtype: 'float32' });
      if (format === 'gguf' && !['llama', 'qwen2', 'qwen3'].includes(config.model_type)) {
        await expect(writing).rejects.toThrow(/cannot be written as GGUF|does not know this model's sliding window/);
        return;
      }
      const { parity } = await writing;
      expect(parity.greedy_text_equal).toBe(true);
      expect(parity.max_logprob_difference).toBeLessThan(1e-4);
      expect(parity.tokens).toBeGreaterThan(10);
    },
  );
});
