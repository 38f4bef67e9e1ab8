/** Data files of every kind of phase on a fresh API, and the request that makes a job of them. */
import { type ApiUnderTest, startApi } from './api-under-test.js';
import { jsonl, PREFERENCE_ROWS, RL_ROWS, SFT_ROWS } from './rows.js';

export async function filesOfJobs() {
  const api = await startApi();
  const sft = await api.upload(jsonl(SFT_ROWS), 'fine-tune', 'sft.jsonl');
  const rl = await api.upload(jsonl(RL_ROWS), 'fine-tune', 'rl.jsonl');
  const pairs = await api.upload(jsonl(PREFERENCE_ROWS), 'fine-tune', 'pairs.jsonl');
  return { api, sft, rl, pairs };
}

export function createJob(api: ApiUnderTest, payload: object, headers: Record<string, string> = {}) {
  return api.call({ method: 'POST', url: '/v1/fine_tuning/jobs', payload, headers });
}
