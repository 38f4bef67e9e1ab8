/**
 * Rotary positions as constants of a graph. Layers that turn alike share one pair of tables, because large constants are
 * not recognised as equal.
 */
import { type Rotary, rotaryTables } from '@preheat/contracts';
import { ops, type Value } from '@preheat/graph';

/** Rotates x [B, H, T, C], whose first position is `first`. */
export type Rotate = (x_BHTC: Value, rotary: Rotary, first: number) => Value;

/** For heads of `headDim`. */
export function rotations(headDim: number): Rotate {
  const made = new Map<string, { cos: Value; sin: Value }>();
  return (x_BHTC, rotary, first) => {
    const length = x_BHTC.shape[2] ?? 1;
    const key = `${first} ${length} ${JSON.stringify(rotary)}`;
    const tables = made.get(key) ?? tablesOf(x_BHTC, rotary, [first, first + length], headDim);
    made.set(key, tables);
    return ops.rotary(x_BHTC, tables.cos, tables.sin);
  };
}

/** Both [positions, headDim / 2], in the graph of `beside`. */
function tablesOf(
  beside: Value,
  rotary: Rotary,
  [from, to]: readonly [number, number],
  headDim: number,
): { cos: Value; sin: Value } {
  const pairs = headDim / 2;
  const { cosine, sine } = rotaryTables(rotary, headDim, to);
  const constant = (data: Float32Array): Value =>
    beside.graph.emit('constant', [], { data: data.slice(from * pairs) }, 'f32', [to - from, pairs]);
  return { cos: constant(cosine), sin: constant(sine) };
}
