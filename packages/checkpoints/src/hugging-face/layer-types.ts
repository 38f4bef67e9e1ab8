/**
 * Which layers see a sliding window. Newer files list `layer_types`; older ones give a rule, which differs by family and
 * is applied here, so that nothing behind the reader knows more than the list.
 */
import type { ModelType } from '@preheat/contracts';
import type { Given } from './model-classes.js';

/** `sliding_window` and `layer_types` in our terms; nothing for families without them. */
export function readLayerTypes(type: ModelType, given: Given): Given {
  if (type === 'qwen2' || type === 'qwen3') {
    const window = given['use_sliding_window'] === true ? given['sliding_window'] : null;
    const first = Number(given['max_window_layers']);
    return { sliding_window: window, layer_types: layerTypes(given, (layer) => window !== null && layer >= first) };
  }
  if (type === 'gemma2') return { layer_types: layerTypes(given, (layer) => layer % 2 === 0) };
  if (type === 'gemma3_text') {
    const pattern = Number(given['sliding_window_pattern']);
    return { layer_types: layerTypes(given, (layer) => (layer + 1) % pattern !== 0) };
  }
  return {};
}

function layerTypes(given: Given, isSliding: (layer: number) => boolean): unknown {
  const listed = given['layer_types'];
  if (listed !== undefined && listed !== null) return listed;
  const layers = Number(given['num_hidden_layers']);
  if (!Number.isInteger(layers) || layers < 0 || layers > 1024) return [];
  return Array.from({ length: layers }, (_, layer) => (isSliding(layer) ? 'sliding_attention' : 'full_attention'));
}
