/** Judges in the runner: models of the platform, decoded on this machine's cores beside the training, within a budget. */
import { endTokenIds } from '@preheat/contracts';
import type { JudgeModel, JudgeModels } from '@preheat/graders';
import { ServedDecoders, type ServedDecodersOptions } from '@preheat/inference';
import { heldToSchema } from '@preheat/inference/grammar';
import type { ModelRegistry } from '@preheat/inference/model-registry';

export class RunnerJudges implements JudgeModels {
  readonly #models: ModelRegistry;
  readonly #decoders: ServedDecoders;

  constructor(models: ModelRegistry, options: Pick<ServedDecodersOptions, 'workers' | 'clock' | 'budgetBytes'>) {
    this.#models = models;
    this.#decoders = new ServedDecoders(models, options);
  }

  async has(projectId: string, name: string): Promise<boolean> {
    return (await this.#models.find(projectId, name)) !== undefined;
  }

  async open(projectId: string, name: string): Promise<JudgeModel | null> {
    const record = await this.#models.find(projectId, name);
    if (!record) return null;
    const { config, tokenizer } = await this.#models.describe(record);
    const { session, release } = await this.#decoders.acquire(record);
    return {
      contextTokens: config.max_position_embeddings,
      stopIds: endTokenIds(config),
      encodePrompt: (messages) => tokenizer.encodePrompt(messages),
      decode: (tokens) => tokenizer.decode(tokens, { skipSpecialTokens: true }),
      generate: (requests, { schema, ...options }) =>
        heldToSchema({ config, tokenizer }, schema, (held) =>
          session.generate(requests, { ...options, ...held, promptScope: projectId }),
        ),
      release,
    };
  }

  close(): Promise<void> {
    return this.#decoders.close();
  }
}
