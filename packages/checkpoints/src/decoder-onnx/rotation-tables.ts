/** The rotation angles of a graph: one pair of tables for each kind of rotary position its layers use. */
import { type DecoderConfig, type Rotary, rotaryTables } from '@preheat/contracts';
import type { OnnxGraph, Value } from '@preheat/graph/onnx';

/** Both `[positions, headDim / 2]`. */
export interface RotationTables {
  readonly cosine: Value;
  readonly sine: Value;
}

/** Gives the tables of a kind, adding them to the graph the first time. */
export function rotationTables(graph: OnnxGraph, config: DecoderConfig): (rotary: Rotary) => RotationTables {
  const made = new Map<string, RotationTables>();
  const { max_position_embeddings: positions, head_dim: headDim } = config;
  return (rotary) => {
    const key = JSON.stringify(rotary);
    const known = made.get(key);
    if (known) return known;
    const { cosine, sine } = rotaryTables(rotary, headDim, positions);
    const put = (name: string, data: Float32Array): Value =>
      graph.initializer(`rotary.${made.size}.${name}`, {
        elementType: 'float32',
        shape: [positions, headDim / 2],
        data,
      });
    const tables = { cosine: put('cosine', cosine), sine: put('sine', sine) };
    made.set(key, tables);
    return tables;
  };
}
