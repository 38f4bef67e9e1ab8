/** Philly (Jeon et al., ATC 2019): training jobs of a cluster. The virtual cluster stands in for the model. */
import { type Workload, workload } from '../workload.js';
import { utcMs } from './gen-td26.js';
import { finiteNumber, readRows } from './trace-folder.js';

const JOBS = 'philly/philly.csv.gz';
/** Beyond one machine a job is no job of one runner. */
const MAX_GPUS = 8;

/** Jobs that ran for no time at all are left out. */
export function philly(): Workload {
  const rows = readRows(JOBS).map((row, index) => ({
    key: row.cluster ?? '',
    arriveMs: utcMs(row.timestamp),
    serviceMs: finiteNumber(row, 'duration', JOBS, index) * 1000,
    gpus: finiteNumber(row, 'num_gpus', JOBS, index),
  }));
  const fits = rows.filter(({ gpus, serviceMs }) => gpus <= MAX_GPUS && serviceMs > 0);
  return workload(
    'Philly',
    fits.map(({ key, arriveMs, serviceMs }) => ({ key, arriveMs, serviceMs })),
  );
}
