/**
 * Writes a model in another format and proves the files: what is compared with the model is what was read back from the
 * store. Files that compute something else are removed again.
 */
import {
  bundleFolder,
  exportFiles,
  type ExportOptions,
  MANIFEST_NAME,
  ONNX_FILE,
  openBundle,
  publishBundle,
  rereadWeights,
  roundedWeights,
  type TensorMap,
  type Bundle,
} from '@preheat/checkpoints';
import type { ExportParity, ModelRecord } from '@preheat/contracts';
import type { ObjectStore } from '@preheat/ports';
import { type LoadedModel, type ModelRegistry } from '../model-registry.js';
import { type ComparableModel, servedModel } from './comparable-model.js';
import { compareModels } from './compare-models.js';
import { exchangeModel } from './exchange-model.js';
import { parityPrompts } from './parity-prompts.js';

/** Largest difference of a token's log-probability, in nats, between the model and what its files compute. */
const BOUND = 1e-3;

/** The files compute something else than the model. */
export class ExportMismatchError extends Error {
  override readonly name = 'ExportMismatchError';
}

export interface WrittenExport {
  readonly files: Bundle;
  readonly parity: ExportParity;
}

/**
 * Writes the files under `prefix` as a bundle. Repeating it finds them there.
 * @throws ModelExportError when the model cannot be written so; ExportMismatchError when it was written wrongly.
 */
export async function exportModel(
  store: ObjectStore,
  models: ModelRegistry,
  record: ModelRecord,
  prefix: string,
  options: ExportOptions,
): Promise<WrittenExport> {
  const model = await models.load(record);
  const adapted = await models.adapterOf(record);
  const source = { ...model, name: record.name, adapter: adapted?.adapter ?? null };
  await publishBundle(store, prefix, exportFiles(source, options));
  const files = await openBundle(store, prefix);
  const loadBase = async () => (adapted ? (await models.load(adapted.base)).tensors : null);
  const parity = await checkParity(model, options, () => reread(files, model, options, loadBase));
  if (parity.greedy_text_equal && parity.max_logprob_difference <= BOUND) return { files, parity };
  for (const name of [MANIFEST_NAME, ...files.names]) await store.delete(`${prefix}/${name}`);
  throw new ExportMismatchError(
    `${options.format} of ${record.name}, read back, differs by ${parity.max_logprob_difference} nats (bound ${BOUND}); ` +
      `greedy text ${parity.greedy_text_equal ? 'equal' : 'differs'}`,
  );
}

async function reread(
  files: Bundle,
  { config }: LoadedModel,
  { format }: ExportOptions,
  loadBase: () => Promise<TensorMap | null>,
): Promise<ComparableModel> {
  if (format === 'transformers-js') return exchangeModel(config, await files.read(ONNX_FILE));
  const base = format === 'peft' ? await loadBase() : null;
  return servedModel(config, await rereadWeights(bundleFolder(files), config, format, base));
}

async function checkParity(
  model: LoadedModel,
  options: ExportOptions,
  openWritten: () => Promise<ComparableModel>,
): Promise<ExportParity> {
  const prompts = parityPrompts(model.config, model.tokenizer);
  const opened: ComparableModel[] = [];
  const open = async (opening: Promise<ComparableModel>): Promise<ComparableModel> => {
    const one = await opening;
    opened.push(one);
    return one;
  };
  try {
    const stored = await open(servedModel(model.config, model.tensors));
    const promised =
      options.dtype === 'float32'
        ? stored
        : await open(servedModel(model.config, roundedWeights(model.tensors, options)));
    const written = await compareModels(promised, await open(openWritten()), prompts, model);
    const rounding = promised === stored ? written : await compareModels(stored, promised, prompts, model);
    return {
      prompts: prompts.length,
      tokens: written.tokens,
      max_logprob_difference: written.maxLogProbDifference,
      bound: BOUND,
      greedy_text_equal: written.isGreedyTextEqual,
      rounding_logprob_difference: promised === stored ? 0 : rounding.maxLogProbDifference,
      rounding_greedy_text_equal: promised === stored || rounding.isGreedyTextEqual,
      samples: prompts.map(({ text }, index) => ({ prompt: text, greedy: written.greedyTexts[index] ?? '' })),
    };
  } finally {
    for (const one of opened) await one.close();
  }
}
