/**
 * From the start of the process to the first trained step; bundled as the runner is (bundle-workloads.ts).
 * `node first-step.js --model DIR [--batch 32] [--seq 64]` prints one JSON line.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeSafetensors, readHuggingFaceConfig } from '@preheat/checkpoints';
import { createOnnxExecutor } from '@preheat/executor/onnx';
import { CROSS_ENTROPY, demonstrationRecord, imitate, Trainer } from '@preheat/nn';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    batch: { type: 'string', default: '32' },
    seq: { type: 'string', default: '64' },
  },
});
const [folder, batch, seq] = [String(values.model), Number(values.batch), Number(values.seq)];
const read = readHuggingFaceConfig(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')));
if (!read.ok) throw new Error(JSON.stringify(read.problems));
const config = read.value;
const { tensors } = decodeSafetensors(readFileSync(join(folder, 'model.safetensors')));
const executor = createOnnxExecutor();
const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };
const trainer = await Trainer.open({ executor, config, optimizer }, { weights: tensors });
const trained = new Uint8Array(seq).fill(1);
const rows = Array.from({ length: batch }, (_, b) =>
  imitate(
    demonstrationRecord(
      Int32Array.from({ length: seq }, (__, t) => 4 + ((7919 * b + 13 * t * (b + 1)) % (config.vocab_size - 4))),
      trained,
    ),
  ),
);
const denominators = { crossEntropy: batch * (seq - 1) };
const { loss } = await trainer.step(rows, { spec: CROSS_ENTROPY, denominators, learningRate: 1e-3 });
console.log(JSON.stringify({ loss }));
process.exit(0);
