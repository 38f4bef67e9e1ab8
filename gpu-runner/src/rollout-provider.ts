/** Chooses where rollouts are decoded, and says why: CUDA when ONNX Runtime's provider for it can run a decoder, else the CPU. */
import { freshDecoder } from '@preheat/checkpoints';
import type { DecoderConfig } from '@preheat/contracts';
import { DecoderSession, type ExecutionProvider, missingCudaProvider } from '@preheat/inference';
import type { Log } from '@preheat/ports';

export type RolloutProviderSetting = 'auto' | ExecutionProvider;

/** @throws Error when `cuda` is demanded and cannot be had. */
export async function chooseRolloutProvider(setting: RolloutProviderSetting, log: Log): Promise<ExecutionProvider> {
  const reason = setting === 'cpu' ? 'PREHEAT_ROLLOUT_PROVIDER=cpu' : await whyNotCuda();
  if (reason === undefined) {
    log.info('rollouts are decoded on CUDA', { setting });
    return 'cuda';
  }
  if (setting === 'cuda') throw new Error(`PREHEAT_ROLLOUT_PROVIDER=cuda cannot be honoured: ${reason}`);
  log.info('rollouts are decoded on the CPU', { setting, reason });
  return 'cpu';
}

/** As small as a decoder can be that has every kind of node. */
const PROBE: DecoderConfig = {
  model_type: 'llama',
  vocab_size: 8,
  hidden_size: 8,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 4,
  max_position_embeddings: 16,
  rope_theta: 10_000,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 1,
  pad_token_id: 0,
};

/** Decodes a few tokens: the library may be there without a driver, a device, or the CUDA version that it wants. */
async function whyNotCuda(): Promise<string | undefined> {
  const missing = missingCudaProvider();
  if (missing !== undefined) return missing;
  try {
    const decoder = await DecoderSession.create(PROBE, freshDecoder(PROBE, 0), { provider: 'cuda' });
    try {
      await decoder.generate([{ tokens: [2, 3], key: 'probe' }], { maxNewTokens: 4, temperature: 0, seed: 0 });
    } finally {
      await decoder.close();
    }
    return undefined;
  } catch (error) {
    return `ONNX Runtime's CUDA provider does not run: ${error instanceof Error ? error.message : String(error)}`;
  }
}
