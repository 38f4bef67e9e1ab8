/** Workloads whose start is measured are bundled by what bundles the runner: a process loads few files there, and many from a build. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from './peers.js';

/** Inside the repository: modules that stay out of a bundle are found from there. */
export const WORKLOAD_BUNDLES = join(REPOSITORY, 'gpu-runner/dist/bundled-workloads');

export async function bundleWorkloads(): Promise<void> {
  const entry = join(REPOSITORY, 'tests/bench/workloads/first-step.mjs');
  const bundler = join(REPOSITORY, 'gpu-runner/bundle.mjs');
  await promisify(execFile)(process.execPath, [bundler, WORKLOAD_BUNDLES, entry]);
}
