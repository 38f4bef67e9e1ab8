/**
 * What transformers.js writes greedily with an exported folder: node transformers-js.mjs PARENT NAME '["prompt", …]'.
 * Prints the new token ids of each prompt, computed in one batch, so that rows are padded.
 */
import { AutoModelForCausalLM, AutoTokenizer, env } from '@huggingface/transformers';

const [parent, name, prompts] = process.argv.slice(2);
env.allowRemoteModels = false;
env.localModelPath = `${parent}/`;

const tokenizer = await AutoTokenizer.from_pretrained(name);
tokenizer.padding_side = 'left';
const model = await AutoModelForCausalLM.from_pretrained(name, { dtype: 'fp32', device: 'cpu' });
const inputs = tokenizer(JSON.parse(prompts), { padding: true, add_special_tokens: false });
const output = await model.generate({ ...inputs, max_new_tokens: 16, do_sample: false });
const columns = inputs.input_ids.dims[1];
const ends = [model.generation_config?.eos_token_id ?? model.config.eos_token_id].flat();
const rows = output.tolist().map((row) => row.slice(columns).map(Number));
// A row that ended is padded to the longest.
const written = rows.map((row) => {
  const end = row.findIndex((token) => ends.includes(token));
  return end < 0 ? row : row.slice(0, end + 1);
});
console.log(JSON.stringify(written));
