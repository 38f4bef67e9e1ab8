/** A decoder as training computes it: logits, the mean next-token cross-entropy, and its gradient for every tensor. */
import type { TensorMap } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import type { Executor } from '@preheat/executor';
import { blocks, gradientOutput, gradients, GraphBuilder, ops, type Program } from '@preheat/graph';
import { declareDecoder, decoderLogits } from '@preheat/nn';

export interface TrainedDecoder {
  /** [B·T, V]. */
  readonly logits_NV: Float32Array;
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

/** `tokens` are rows of one length; every token but the first of a row is predicted. */
export async function trainedDecoder(
  executor: Executor,
  config: DecoderConfig,
  tensors: TensorMap,
  tokens: readonly (readonly number[])[],
): Promise<TrainedDecoder> {
  const compiled = await executor.compile(lossProgram(config, tokens.length, tokens[0]?.length ?? 0));
  const weights = Object.fromEntries([...tensors].map(([name, { data }]) => [name, data]));
  const outputs = await compiled.run({ ...weights, tokens: Int32Array.from(tokens.flat()) });
  await compiled.dispose();
  const found = [...tensors.keys()].map((name) => [name, outputs[gradientOutput(name)] as Float32Array] as const);
  return {
    logits_NV: outputs['logits'] as Float32Array,
    loss: outputs['loss']?.[0] ?? Number.NaN,
    gradients: new Map(found),
  };
}

function lossProgram(config: DecoderConfig, batch: number, length: number): Program {
  const graph = new GraphBuilder();
  const parameters = declareDecoder(graph, config);
  const tokens_BT = graph.input('tokens', 'i32', [batch, length]);
  const logits_NV = decoderLogits(parameters, config, tokens_BT);
  const before_BTV = ops.slice(ops.reshape(logits_NV, [batch, length, config.vocab_size]), 1, 0, length - 1);
  const logProbs = blocks.tokenLogProb(before_BTV, ops.slice(tokens_BT, 1, 1, length));
  const loss = ops.neg(ops.mean(logProbs));
  const found = gradients(loss, [...parameters.tensors.values()]);
  const named = [...parameters.tensors.keys()].flatMap((name, i) => {
    const gradient = found[i];
    return gradient ? [[gradientOutput(name), gradient] as const] : [];
  });
  return graph.build({ outputs: { logits: logits_NV, loss, ...Object.fromEntries(named) } });
}
