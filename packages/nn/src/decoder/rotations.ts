/**
 * Rotary positions as constants of a graph. Layers that turn alike share one pair of tables, because large constants are
 * not recognised as equal.
 */
import { type Rotary, rotaryTables } from '@preheat/contracts';
import { ops, type Value } from '@preheat/graph';

/** Rotates x [B, H, T, C] by position. */
export type Rotate = (x_BHTC: Value, rotary: Rotary) => Value;

/** For sequences of `length` and heads of `headDim`. */
export function rotations(length: number, headDim: number): Rotate {
  const made = new Map<string, { cos: Value; sin: Value }>();
  return (x_BHTC, rotary) => {
    const key = JSON.stringify(rotary);
    const tables = made.get(key) ?? tablesOf(x_BHTC, rotary, length, headDim);
    made.set(key, tables);
    return ops.rotary(x_BHTC, tables.cos, tables.sin);
  };
}

/** Both [length, headDim / 2], in the graph of `beside`. */
function tablesOf(beside: Value, rotary: Rotary, length: number, headDim: number): { cos: Value; sin: Value } {
  const { cosine, sine } = rotaryTables(rotary, headDim, length);
  const constant = (data: Float32Array): Value =>
    beside.graph.emit('constant', [], { data }, 'f32', [length, headDim / 2]);
  return { cos: constant(cosine), sin: constant(sine) };
}
