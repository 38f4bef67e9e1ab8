/** Models of the platform as graders ask them: opened from the memory that serves chat, given back after every answer. */
import { endTokenIds } from '@preheat/contracts';
import type { JudgeModel, JudgeModels } from '@preheat/graders';
import { heldToSchema } from '@preheat/inference/grammar';
import type { ModelRegistry } from '@preheat/inference/model-registry';
import type { DecoderServing } from './decoder-serving.js';
import { isStorable } from './find-model.js';

export class ServedJudges implements JudgeModels {
  readonly #models: ModelRegistry;
  readonly #decoders: DecoderServing;

  constructor(models: ModelRegistry, decoders: DecoderServing) {
    this.#models = models;
    this.#decoders = decoders;
  }

  async has(projectId: string, name: string): Promise<boolean> {
    return isStorable(name) && (await this.#models.find(projectId, name)) !== undefined;
  }

  async open(projectId: string, name: string): Promise<JudgeModel | null> {
    const record = isStorable(name) ? await this.#models.find(projectId, name) : undefined;
    if (!record) return null;
    const { config, tokenizer, decoder, release } = await this.#decoders.acquire(record, projectId);
    return {
      contextTokens: config.max_position_embeddings,
      stopIds: endTokenIds(config),
      encodePrompt: (messages) => tokenizer.encodePrompt(messages),
      decode: (tokens) => tokenizer.decode(tokens, { skipSpecialTokens: true }),
      generate: (requests, { schema, ...options }) =>
        heldToSchema({ config, tokenizer }, schema, (held) => decoder.generate(requests, { ...options, ...held })),
      release,
    };
  }
}
