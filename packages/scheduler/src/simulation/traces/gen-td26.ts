/** GenTD26 (Lin et al., SoCC 2025): requests to an image service with many base models, and how long its loads take. */
import { type Workload, workload } from '../workload.js';
import { finiteNumber, readRows } from './trace-folder.js';

const REQUESTS = 'alibaba-gentd26/lora_request_trace.csv';
const BASE_MODEL_LOADS = 'alibaba-gentd26/basemodel_update_latency_anon.csv.gz';

/** The key is the base model. Failed requests used a runner too; the few without a run time used none. */
export function genTd26(): Workload {
  const rows = readRows(REQUESTS).map((row, index) => ({
    key: row.checkpoint_model_version_id ?? '',
    arriveMs: utcMs(row.gmt_create),
    serviceMs: (row.exec_time_seconds === '' ? 0 : finiteNumber(row, 'exec_time_seconds', REQUESTS, index)) * 1000,
  }));
  return workload(
    'GenTD26',
    rows.filter(({ serviceMs }) => serviceMs > 0),
  );
}

/** Milliseconds each. */
export const baseModelLoadsMs = (): number[] =>
  readRows(BASE_MODEL_LOADS).map((row, index) => finiteNumber(row, 'value', BASE_MODEL_LOADS, index));

/** Of `2024-11-15 16:57:50`, read as UTC: only differences count. */
export function utcMs(text: string | undefined): number {
  const ms = Date.parse(`${text?.replace(' ', 'T')}Z`);
  if (Number.isFinite(ms)) return ms;
  throw new Error(`a time should look like 2024-11-15 16:57:50, not ${JSON.stringify(text)}`);
}
