/**
 * A kind of runner that jobs may be placed on: what estimates are judged by before anything is queued. The deployment
 * states its classes once, as data; embedded, there is one, this machine.
 */
import Type, { type Static } from 'typebox';
import { check } from './validation.js';
import { OneOf } from './primitives.js';

export const RunnerClassName = Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' });

export const RunnerClass = Type.Object(
  {
    name: RunnerClassName,
    device: OneOf(['cpu', 'gpu']),
    /** Of what training computes in: the GPU's own, or the machine's. */
    memory_bytes: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    /** Of a GPU's machine: what the runner and its threads may take. Absent where it is the memory above, or not judged. */
    host_memory_bytes: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    /**
     * Threads that decode completions on the processor of a GPU's machine, each with a copy of the weights: its cores. Absent where
     * they are decoded on what trains: by every lane of a CPU, or once on a GPU.
     */
    rollout_workers: Type.Optional(Type.Integer({ minimum: 1, maximum: 256 })),
    /** Micro-batches computed side by side: cores of a CPU, 1 on a GPU. */
    lanes: Type.Integer({ minimum: 1, maximum: 1024 }),
    /** Tokens of one micro-batch. */
    micro_batch_tokens: Type.Integer({ minimum: 8, maximum: 9_999_999 }),
    /** In the currency of budgets. */
    price_per_second: Type.Number({ minimum: 0, maximum: 1e6 }),
    /** Floating-point operations a second that training reaches, from bad to good shapes. */
    flops: Type.Object({ low: Type.Number({ exclusiveMinimum: 0 }), high: Type.Number({ exclusiveMinimum: 0 }) }),
    /** The same of decoding, where completions are decoded on something else than what trains. Absent: as `flops`. */
    sampling_flops: Type.Optional(
      Type.Object({ low: Type.Number({ exclusiveMinimum: 0 }), high: Type.Number({ exclusiveMinimum: 0 }) }),
    ),
    /** Whether its runners reach addresses outside of the deployment, as http graders need; they do unless said. */
    outbound: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type RunnerClass = Static<typeof RunnerClass>;

const RunnerClasses = Type.Array(RunnerClass, { minItems: 1, maxItems: 16 });

/** Of the runner that says nothing else. */
export const LOCAL_RUNNER_CLASS = 'local';

/** The classes written as JSON in an environment variable. @throws Error naming what is wrong. */
export function parseRunnerClasses(text: string): RunnerClass[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`PREHEAT_RUNNER_CLASSES is not JSON: ${(cause as Error).message}`, { cause });
  }
  const checked = check(RunnerClasses, value);
  if (checked.ok) return checked.value;
  const problems = checked.problems.map(({ path, message }) => `${path || 'the list'} ${message}`);
  throw new Error(`PREHEAT_RUNNER_CLASSES: ${problems.join('; ')}`);
}
