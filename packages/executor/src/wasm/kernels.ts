// The optimiser's inner loops, in place on one WebAssembly memory: about ten times faster than the same update as nodes
// of a graph, because every number is read and written once. Pointers are byte offsets, multiples of 16; byte counts are
// positive multiples of 16, so callers pad tensors with zeros.

import { advance, assembleModule, f32x4, f64, f64x2, i32, local, repeatUntil, swapHalves, v128 } from './assembler.js';
import type { Bytes, WasmFunction } from './assembler.js';
import { webAssembly } from './web-assembly.js';
import type { WasmMemory } from './web-assembly.js';

export interface OptimiserKernels {
  /**
   * `m ← β₁m + (1-β₁)g; v ← β₂v + (1-β₂)g²; p ← keep·p - rate·m / (√v + ε)` with g = gradientScale · gradient.
   * Bias corrections are folded into `rate` and `epsilon` by the caller.
   */
  adamw(
    parameter: number,
    firstMoment: number,
    secondMoment: number,
    gradient: number,
    bytes: number,
    beta1: number,
    oneMinusBeta1: number,
    beta2: number,
    oneMinusBeta2: number,
    rate: number,
    epsilon: number,
    keep: number,
    gradientScale: number,
  ): void;
  /** `average ← average + rate · (parameter - average)`: a decay of 1 - rate, exact where the two are equal. */
  average(average: number, parameter: number, bytes: number, rate: number): void;
  /** `target ← target + source`. */
  accumulate(target: number, source: number, bytes: number): void;
  /** Σ x² in double precision: exact to rounding, and no finite float32 overflows it. */
  sumOfSquares(source: number, bytes: number): number;
}

const load = (pointer: number): Bytes => [...local.get(pointer), ...v128.load];

/** Turns a byte count in `end` into the address after the last byte. */
const toEnd = (end: number, start: number): Bytes => [
  ...local.get(end),
  ...local.get(start),
  ...i32.add,
  ...local.set(end),
];

function adamw(): WasmFunction {
  const [parameter, first, second, gradient, end] = [0, 1, 2, 3, 4] as const;
  const firstScalar = 5;
  const firstSplat = 13;
  const [beta1, oneMinusBeta1, beta2, oneMinusBeta2, rate, epsilon, keep, gradientScale] = [
    13, 14, 15, 16, 17, 18, 19, 20,
  ] as const;
  const [g, m, v] = [21, 22, 23] as const;
  const splats = Array.from({ length: 8 }, (_, i) => [
    ...local.get(firstScalar + i),
    ...f32x4.splat,
    ...local.set(firstSplat + i),
  ]).flat();
  const times = (a: Bytes, factor: number): Bytes => [...a, ...local.get(factor), ...f32x4.mul];
  const step = [
    ...times(load(gradient), gradientScale),
    ...local.set(g),
    ...local.get(first),
    ...times(load(first), beta1),
    ...times(local.get(g), oneMinusBeta1),
    ...f32x4.add,
    ...local.tee(m),
    ...v128.store,
    ...local.get(second),
    ...times(load(second), beta2),
    ...times(times(local.get(g), g), oneMinusBeta2),
    ...f32x4.add,
    ...local.tee(v),
    ...v128.store,
    ...local.get(parameter),
    ...times(load(parameter), keep),
    ...times(local.get(m), rate),
    ...[...local.get(v), ...f32x4.sqrt, ...local.get(epsilon), ...f32x4.add],
    ...f32x4.div,
    ...f32x4.sub,
    ...v128.store,
    ...[parameter, first, second, gradient].flatMap(advance),
  ];
  return {
    name: 'adamw',
    parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'f32', 'f32', 'f32', 'f32', 'f32', 'f32', 'f32', 'f32'],
    locals: new Array(11).fill('v128'),
    body: [...splats, ...toEnd(end, parameter), ...repeatUntil(parameter, end, step)],
  };
}

function accumulate(): WasmFunction {
  const [target, source, end] = [0, 1, 2] as const;
  const step = [
    ...local.get(target),
    ...load(target),
    ...load(source),
    ...f32x4.add,
    ...v128.store,
    ...[target, source].flatMap(advance),
  ];
  return {
    name: 'accumulate',
    parameters: ['i32', 'i32', 'i32'],
    locals: [],
    body: [...toEnd(end, target), ...repeatUntil(target, end, step)],
  };
}

function average(): WasmFunction {
  const [target, source, end, scalar, rate] = [0, 1, 2, 3, 4] as const;
  const step = [
    ...local.get(target),
    ...load(target),
    ...[...load(source), ...load(target), ...f32x4.sub, ...local.get(rate), ...f32x4.mul],
    ...f32x4.add,
    ...v128.store,
    ...[target, source].flatMap(advance),
  ];
  return {
    name: 'average',
    parameters: ['i32', 'i32', 'i32', 'f32'],
    locals: ['v128'],
    body: [
      ...[...local.get(scalar), ...f32x4.splat, ...local.set(rate)],
      ...toEnd(end, target),
      ...repeatUntil(target, end, step),
    ],
  };
}

function sumOfSquares(): WasmFunction {
  const [source, end, total, x, wide] = [0, 1, 2, 3, 4] as const;
  const addSquare: Bytes = [
    ...f64x2.promoteLow,
    ...local.tee(wide),
    ...local.get(wide),
    ...f64x2.mul,
    ...local.get(total),
    ...f64x2.add,
    ...local.set(total),
  ];
  const step = [...load(source), ...local.tee(x), ...addSquare, ...local.get(x), ...swapHalves(x), ...addSquare];
  return {
    name: 'sumOfSquares',
    parameters: ['i32', 'i32'],
    result: 'f64',
    locals: ['v128', 'v128', 'v128'],
    body: [
      ...toEnd(end, source),
      ...repeatUntil(source, end, [...step, ...advance(source)]),
      ...local.get(total),
      ...f64x2.lane(0),
      ...local.get(total),
      ...f64x2.lane(1),
      ...f64.add,
    ],
  };
}

const module = new webAssembly.Module(assembleModule([adamw(), average(), accumulate(), sumOfSquares()]));

/** The kernels, working on `memory`. */
export function instantiateKernels(memory: WasmMemory): OptimiserKernels {
  const { exports } = new webAssembly.Instance(module, { env: { memory } });
  return exports as unknown as OptimiserKernels;
}
