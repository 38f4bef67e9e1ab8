/** Which parameters a training state has and what they start as: the weights, an adapter beside them, a value head. */
import type { LoraAdapter, TensorMap } from '@preheat/checkpoints';
import { type DecoderConfig, decoderTensors } from '@preheat/contracts';
import type { Executor, LoadableState, ParameterSpec, StoredTensor, TrainingState } from '@preheat/executor';
import { type FrozenStorage, storageOf, storeTensor } from '../adapter/frozen-storage.js';
import { loraTensors } from '../adapter/lora-modules.js';
import { valueHeadTensors } from '../decoder/value-head.js';

/** What a trainer starts from: the weights and, when it trains an adapter, that; the weights then stay as they are. */
export interface Start {
  readonly weights: TensorMap;
  readonly adapter?: LoraAdapter | null;
  /** Trained beside the weights or the adapter; absent: none. */
  readonly valueHead?: TensorMap | null;
  /** Seeds the dropout of the adapter. Default 0. */
  readonly seed?: number;
  /** Whether nothing of it is trained, so that it takes no moments and no gradients: it is only asked. Default: no. */
  readonly isFrozen?: boolean;
}

export const storageIn = (executor: Executor, wanted: FrozenStorage = 'float32'): FrozenStorage =>
  executor.holdsStored ? wanted : 'float32';

/** Under an adapter, and where nothing is trained, the weights are held as `storage` says. */
export function layoutOf(
  config: DecoderConfig,
  { adapter, valueHead, isFrozen = false }: Start,
  storage: FrozenStorage,
): ParameterSpec[] {
  const beside = [
    ...(adapter ? loraTensors(config, adapter.config) : []),
    ...(valueHead ? valueHeadTensors(config) : []),
  ];
  if (!adapter && !isFrozen) return [...decoderTensors(config), ...beside];
  const held = decoderTensors(config).map((spec) => ({
    ...spec,
    trainable: false,
    storage: storageOf(spec, storage),
  }));
  return [...held, ...beside.map((spec) => (isFrozen ? { ...spec, trainable: false } : spec))];
}

export function parametersOf(
  { weights, adapter, valueHead, isFrozen = false }: Start,
  storage: FrozenStorage,
): LoadableState {
  const parameters: Record<string, Float32Array> = {};
  const stored: Record<string, StoredTensor> = {};
  for (const [name, tensor] of weights) {
    const own = adapter || isFrozen ? storageOf(tensor, storage) : 'float32';
    if (own === 'float32') parameters[name] = tensor.data;
    else stored[name] = storeTensor(name, tensor, own);
  }
  for (const [name, { data }] of [...(adapter?.tensors ?? []), ...(valueHead ?? [])]) parameters[name] = data;
  return { parameters, stored };
}

export interface StateRequest {
  readonly executor: Executor;
  readonly config: DecoderConfig;
  readonly frozenStorage?: FrozenStorage | undefined;
  readonly averageDecay?: number | undefined;
}

/** A training state with everything in it; nothing is left of it when that fails. @param memory What the optimiser remembers. */
export async function openLoaded(
  { executor, config, frozenStorage, averageDecay }: StateRequest,
  start: Start,
  memory: Omit<LoadableState, 'parameters' | 'stored'> = {},
): Promise<TrainingState> {
  const storage = storageIn(executor, frozenStorage);
  const state = await executor.openTraining(layoutOf(config, start, storage), { averageDecay });
  try {
    await state.load({ ...parametersOf(start, storage), ...memory });
    return state;
  } catch (error) {
    await state.dispose();
    throw error;
  }
}
