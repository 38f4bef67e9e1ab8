/** Azure LLM inference 2023 (Patel et al., ISCA 2024): an hour of requests to one model. */
import type { Request } from '../batches.js';
import { finiteNumber, readRows } from './trace-folder.js';

export function azureLlm(part: 'conv' | 'code'): Request[] {
  const path = `azure-llm-2023/AzureLLMInferenceTrace_${part}.csv.gz`;
  const requests = readRows(path).map((row, index) => ({
    arriveMs: Date.parse(`${row.TIMESTAMP?.slice(0, 23).replace(' ', 'T')}Z`),
    tokens: Math.max(1, finiteNumber(row, 'GeneratedTokens', path, index)),
  }));
  const bad = requests.findIndex(({ arriveMs }) => !Number.isFinite(arriveMs));
  if (bad >= 0) throw new Error(`${path}, line ${bad + 2}: TIMESTAMP should look like 2023-11-16 18:15:46.6805900`);
  return requests.sort((a, b) => a.arriveMs - b.arriveMs);
}
