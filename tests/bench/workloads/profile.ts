/**
 * Where the kernel time of a training step goes, from ONNX Runtime's own profile of the product's session. Profiling is
 * switched on where sessions are made, so that the executor under test needs no setting for it. Prints one JSON line.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { CROSS_ENTROPY, demonstrationRecord, imitate, Trainer } from '@preheat/nn';
import { CounterRandom } from '@preheat/ports';
import { InferenceSession } from 'onnxruntime-node';
import { openModel } from './open-model.js';
import { report, timeSteps, total } from './timing.js';

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

const { values } = parseArgs({
  options: { model: { type: 'string' }, steps: { type: 'string', default: '5' } },
});
const PRODUCTS = /MatMul|Gemm/;
const WARMUP = 2;
const [BATCH, LENGTH] = [32, 64];

const folder = mkdtempSync(join(tmpdir(), 'preheat-profile-'));
const sessions = new Map<InferenceSession, string>();
let made = 0;
const create = InferenceSession.create.bind(InferenceSession) as (
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
) => Promise<InferenceSession>;
const profiled = async (model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> => {
  const prefix = `session-${made++}`;
  const profileFilePrefix = join(folder, prefix);
  const session = await create(model, { ...options, enableProfiling: true, profileFilePrefix });
  const release = session.release.bind(session);
  sessions.set(session, prefix);
  return Object.assign(session, {
    release: () => {
      sessions.delete(session);
      return release();
    },
  });
};
Object.assign(InferenceSession, { create: profiled });

const { config, tensors } = openModel(String(values.model));
// In this thread, where sessions can be reached.
const executor = createOnnxExecutor({ workers: 0, threads: 1 });
const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };
const trainer = await Trainer.open({ executor, config, optimizer }, { weights: tensors });
const random = CounterRandom.fromSeed('profile rows');
const trained = new Uint8Array(LENGTH).fill(1);
const batch = Array.from({ length: BATCH }, () =>
  imitate(
    demonstrationRecord(
      Int32Array.from({ length: LENGTH }, () => random.int(config.vocab_size)),
      trained,
    ),
  ),
);
const denominators = { crossEntropy: BATCH * (LENGTH - 1) };
const seconds = await timeSteps({ steps: Number(values.steps), warmup: WARMUP }, async () => {
  await trainer.step(batch, { spec: CROSS_ENTROPY, denominators, learningRate: 1e-3 });
});
for (const session of sessions.keys()) session.endProfiling();
if (sessions.size === 0) throw new Error('no session was made through InferenceSession.create: the profile is empty');

const events = [...sessions.values()].flatMap(readEvents);
const byOperator: Record<string, number> = {};
for (const { args, dur } of events) {
  const name = args?.op_name ?? 'unknown';
  byOperator[name] = (byOperator[name] ?? 0) + dur;
}
const kernelUs = total(Object.values(byOperator));
const productUs = total(Object.entries(byOperator).flatMap(([name, us]) => (PRODUCTS.test(name) ? [us] : [])));
const share = (us: number): number => Number((us / kernelUs).toFixed(4));
const largest = Object.entries(byOperator).sort(([, a], [, b]) => b - a);
report({
  outside_products: share(kernelUs - productUs),
  kernel_ms_a_step: kernelUs / 1000 / (WARMUP + Number(values.steps)),
  step_ms: (1000 * total(seconds)) / seconds.length,
  operators: Object.fromEntries(largest.slice(0, 12).map(([name, us]) => [name, share(us)])),
});
await trainer.dispose();
await executor.dispose();
rmSync(folder, { recursive: true });

function readEvents(prefix: string): ProfileEvent[] {
  const file = readdirSync(folder).find((name) => name.startsWith(`${prefix}_`));
  if (file === undefined) throw new Error(`ONNX Runtime wrote no profile ${prefix}`);
  const all = JSON.parse(readFileSync(join(folder, file), 'utf8')) as ProfileEvent[];
  return all.filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'));
}
