/**
 * Hyperparameters of low-rank adaptation (Hu et al. 2021), shared by every recipe: with `lora_rank` above 0 the weights of
 * the model stay as they are, and a small adapter is trained and stored instead. Settings are those of Python's `peft`.
 */
import { type DecoderConfig, layerProjections, type Problem } from '@preheat/contracts';
import Type from 'typebox';

/** Every projection of the layers. */
const ALL_LINEAR = 'all-linear';
const NO_DROPOUT = 0;
const BASE_DTYPE = 'float32';

export const adapterKeys = {
  lora_rank: Type.Integer({
    minimum: 0,
    maximum: 4096,
    default: 0,
    description: 'Rank of a LoRA adapter that is trained instead of the weights; 0 trains the whole model.',
  }),
  lora_alpha: Type.Number({
    exclusiveMinimum: 0,
    maximum: 65_536,
    description: 'The adapter is multiplied by lora_alpha / lora_rank. Auto: twice the rank.',
  }),
  lora_dropout: Type.Number({
    minimum: 0,
    exclusiveMaximum: 1,
    default: NO_DROPOUT,
    description: 'Share of the adapter inputs that is dropped in training; nothing in updates by a policy gradient.',
  }),
  lora_base_dtype: Type.Union([Type.Literal('float32'), Type.Literal('float16'), Type.Literal('int8')], {
    default: BASE_DTYPE,
    description:
      'How the weights under the adapter are held in memory while it trains: float16 takes half of float32, int8 (one scale a row) a quarter.',
  }),
  lora_target_modules: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
    minItems: 1,
    maxItems: 64,
    default: [ALL_LINEAR],
    description: 'Ends of the names of the projections that get an adapter, such as q_proj; or all-linear.',
  }),
};

/** The keys as a resolved config holds them. */
export interface AdapterConfig {
  readonly lora_rank: number;
  readonly lora_alpha: number;
  readonly lora_dropout: number;
  readonly lora_base_dtype: 'float32' | 'float16' | 'int8';
  readonly lora_target_modules: readonly string[];
}

/** Whether an adapter is trained instead of the model. */
export const trainsAdapter = ({ lora_rank: rank = 0 }: Partial<AdapterConfig>): boolean => rank > 0;

export const adapterRules = {
  lora_alpha: ({ lora_rank: rank = 0 }: Partial<AdapterConfig>): number => Math.max(1, 2 * rank),
};

/** What a LoRA learning rate is of that of full fine-tuning: its matrices start small and must move further. */
export const adapterRate = (known: Partial<AdapterConfig>): number => (trainsAdapter(known) ? 10 : 1);

/** What says something of an adapter that is not trained, or names targets that the model has not. */
export function adapterProblems(config: AdapterConfig, model: DecoderConfig): Problem[] {
  if (!trainsAdapter(config)) return idleKeys(config);
  const known = layerProjections(model).map(({ name }) => name);
  const unknown = config.lora_target_modules.filter(
    (target) => target !== ALL_LINEAR && !known.some((name) => name === target || name.endsWith(`.${target}`)),
  );
  const ends = [...new Set(known.map((name) => name.slice(name.lastIndexOf('.') + 1)))];
  return unknown.map((target) => ({
    path: 'lora_target_modules',
    message: `this model has no projection "${target}"; it has ${ends.join(', ')}, or all-linear for each of them`,
  }));
}

/** The values of a config without an adapter, which stand there as nobody's choice. */
const IDLE: Omit<AdapterConfig, 'lora_rank'> = {
  lora_alpha: adapterRules.lora_alpha({}),
  lora_dropout: NO_DROPOUT,
  lora_base_dtype: BASE_DTYPE,
  lora_target_modules: [ALL_LINEAR],
};

/** Keys of an adapter that were given although none is trained. */
function idleKeys(config: AdapterConfig): Problem[] {
  const message =
    'has no effect while lora_rank is 0, its default: give a lora_rank to train an adapter, or leave this out';
  return Object.entries(IDLE).flatMap(([path, idle]) => {
    const given = config[path as keyof typeof IDLE];
    return JSON.stringify(given) === JSON.stringify(idle) ? [] : [{ path, message }];
  });
}

/** The settings of the adapter that a config asks for, in the terms of peft; null for full fine-tuning. */
export function adapterSettings(config: AdapterConfig) {
  if (!trainsAdapter(config)) return null;
  return {
    rank: config.lora_rank,
    alpha: config.lora_alpha,
    dropout: config.lora_dropout,
    targetModules: [...config.lora_target_modules],
    usesRankStabilizedScale: false,
    rankPattern: {},
    alphaPattern: {},
    modulesToSave: [],
    baseModel: null,
  };
}
