/**
 * What depends on positions alone, as constants of a graph: rotation tables and attention masks. Layers that ask for the
 * same share one, because large constants are not recognised as equal.
 */
import { type Rotary, rotaryTables } from '@preheat/contracts';
import { blocks, type Value } from '@preheat/graph';

export interface PositionConstants {
  /** Cosines and sines [T, C/2]. */
  rotation(rotary: Rotary): { readonly cosine: Value; readonly sine: Value };
  /** [1, 1, T, T], added to scores: hides what is after a position, and nothing else. */
  causalMask(): Value;
  /** [1, 1, T, T], added to scores: hides what is `window` or more before a position. */
  windowMask(window: number): Value;
}

/** For sequences of `length` and heads of `headDim`, in the graph of `beside`. */
export function positionConstants(beside: Value, length: number, headDim: number): PositionConstants {
  const made = new Map<string, Value>();
  const constant = (key: string, shape: readonly number[], data: () => Float32Array): Value => {
    const value = made.get(key) ?? beside.graph.emit('constant', [], { data: data() }, 'f32', shape);
    made.set(key, value);
    return value;
  };
  const mask = (key: string, isHidden: (query: number, position: number) => boolean): Value =>
    constant(key, [1, 1, length, length], () =>
      Float32Array.from({ length: length * length }, (_, i) =>
        isHidden(Math.floor(i / length), i % length) ? blocks.hiddenScore : 0,
      ),
    );
  return {
    rotation: (rotary) => {
      const table = (part: 'cosine' | 'sine'): Value =>
        constant(
          `${part} ${JSON.stringify(rotary)}`,
          [length, headDim / 2],
          () => rotaryTables(rotary, headDim, length)[part],
        );
      return { cosine: table('cosine'), sine: table('sine') };
    },
    causalMask: () => mask('causal', (query, position) => position > query),
    windowMask: (window) => mask(`window ${window}`, (query, position) => position + window <= query),
  };
}
