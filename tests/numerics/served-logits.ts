/** A decoder as serving computes it: the logits of the scoring graph on ONNX Runtime. */
import { decoderToOnnx, type TensorMap } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import * as ort from 'onnxruntime-node';

/** [B·T, V] of rows of one length. */
export async function servedLogits(
  config: DecoderConfig,
  tensors: TensorMap,
  tokens: readonly (readonly number[])[],
): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(decoderToOnnx(config, tensors, 'score'), { intraOpNumThreads: 1 });
  const ids = new ort.Tensor('int64', BigInt64Array.from(tokens.flat(), BigInt), [
    tokens.length,
    tokens[0]?.length ?? 0,
  ]);
  const inverse_temperature = new ort.Tensor('float32', Float32Array.of(1), []);
  const { logits } = await session.run({ input_ids: ids, targets: ids, inverse_temperature }, ['logits']);
  await session.release();
  return logits?.data as Float32Array;
}
