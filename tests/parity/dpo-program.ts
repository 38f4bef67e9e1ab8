/** The program of DPO in packages/graph, on numbers that a peer is given too. */
import type { Executor, Tensors } from '@preheat/executor';
import { gradientOutput } from '@preheat/graph';
import { buildCaseProgram, type CaseProgram, programCases } from '@preheat/graph/conformance';
import { filled } from '../numerics/filled-tensors.js';

/** Inputs of the case, in order: states [3, 4, 5] under a head [5, 6], tokens and weights [3, 4], a margin [3]. */
const INPUTS = ['chosenStates', 'rejectedStates', 'head', 'chosen', 'rejected', 'weights', 'referenceMargin'] as const;
type Input = (typeof INPUTS)[number];
const [LENGTH, WIDTH, VOCABULARY] = [4, 5, 6];
/** The case's own β. */
const BETA = 0.5;
/** Tokens that count: completions begin and end at different places. */
const MASK = [
  [1, 1, 1, 1],
  [1, 1, 0, 0],
  [0, 1, 1, 0],
];
const SEED = 3;

const nameOf = (input: Input): string => `x${INPUTS.indexOf(input)}`;

function dpoCase(): CaseProgram {
  const [found] = programCases['policy by DPO'] ?? [];
  if (!found) throw new Error('the conformance cases have no DPO');
  return buildCaseProgram(found, SEED);
}

const rowsOf = (flat: readonly number[], width: number): number[][] =>
  Array.from({ length: flat.length / width }, (_, row) => flat.slice(row * width, (row + 1) * width));

/** What trl_losses.py computes it from. @param model A folder; trl wants some model to open its trainer with. */
export function dpoProgramBatch(model: string) {
  const { feeds } = dpoCase();
  const numbers = (input: Input): number[] => [...(feeds[nameOf(input)] ?? [])];
  const states = (input: Input) => rowsOf(numbers(input), LENGTH * WIDTH).map((row) => rowsOf(row, WIDTH));
  return {
    kind: 'dpo_program',
    model,
    beta: BETA,
    states: [states('chosenStates'), states('rejectedStates')],
    head: rowsOf(numbers('head'), VOCABULARY),
    referenceHead: rowsOf([...filled('reference head', WIDTH * VOCABULARY)], VOCABULARY),
    tokens: [rowsOf(numbers('chosen'), LENGTH), rowsOf(numbers('rejected'), LENGTH)],
    mask: MASK,
  };
}

export async function runDpo(
  executor: Executor,
  referenceMargin: readonly number[],
): Promise<{ loss: number; gradients: Tensors }> {
  const { program, feeds } = dpoCase();
  const compiled = await executor.compile(program);
  const outputs = await compiled.run({
    ...feeds,
    [nameOf('weights')]: Float32Array.from(MASK.flat()),
    [nameOf('referenceMargin')]: Float32Array.from(referenceMargin),
    // The case's loss is its value times this.
    cotangent: Float32Array.of(1),
  });
  await compiled.dispose();
  const gradientOf = (input: Input) => [input, outputs[gradientOutput(nameOf(input))] ?? new Float32Array()] as const;
  const gradients = Object.fromEntries((['chosenStates', 'rejectedStates', 'head'] as const).map(gradientOf));
  return { loss: outputs['loss']?.[0] ?? Number.NaN, gradients };
}
