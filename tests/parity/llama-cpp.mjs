/**
 * What llama.cpp makes of a GGUF file: node llama-cpp.mjs FILE '["prompt", …]', with PREHEAT_PEER_LLAMA naming a folder in
 * whose node_modules node-llama-cpp is installed. Prints, per prompt, its token ids and the new ones written greedily.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { resolve } = createRequire(join(process.env.PREHEAT_PEER_LLAMA, 'package.json'));
const { getLlama } = await import(pathToFileURL(resolve('node-llama-cpp')).href);

const [modelPath, prompts] = process.argv.slice(2);
const llama = await getLlama({ gpu: false, build: 'never', progressLogs: false, logLevel: 'error', maxThreads: 1 });
const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
// Its cache is float16 unless told otherwise, which moves near ties.
const context = await model.createContext({
  sequences: 1,
  contextSize: 128,
  threads: 1,
  flashAttention: false,
  experimentalKvCacheKeyType: 'F32',
  experimentalKvCacheValueType: 'F32',
});
const sequence = context.getSequence();
const results = [];
for (const prompt of JSON.parse(prompts)) {
  const tokens = model.tokenize(prompt, false);
  await sequence.clearHistory();
  const written = [];
  const options = { temperature: 0, topK: 1, minP: 0, yieldEogToken: true };
  for await (const token of sequence.evaluate(tokens, options)) {
    written.push(token);
    if (written.length === 16 || model.isEogToken(token)) break;
  }
  results.push({ tokens: [...tokens], written });
}
console.log(JSON.stringify(results));
process.exit(0);
