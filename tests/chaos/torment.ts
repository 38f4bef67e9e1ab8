/** Kills, stops and restarts processes at random until told to end; the seed decides what happens to whom in which order. */
import { setTimeout as delay } from 'node:timers/promises';
import type { CounterRandom } from '@preheat/ports';
import { type ChaosPlatform, LEASE_TTL_MS } from './platform.js';
import type { SupervisedProcess } from './supervised-process.js';

export interface TormentCounts {
  killed: number;
  stopped: number;
  terminated: number;
}

/** Time for a process to start and do some work before the next blow: on average each runner is hit every half minute. */
const CALM_MS = { min: 3_000, max: 9_000 };

export async function torment(
  { api, runners }: ChaosPlatform,
  random: CounterRandom,
  signal: AbortSignal,
): Promise<TormentCounts> {
  const counts: TormentCounts = { killed: 0, stopped: 0, terminated: 0 };
  while (!signal.aborted) {
    await delay(CALM_MS.min + random.int(CALM_MS.max - CALM_MS.min), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    // One blow in seven is for the API: the work is with the runners.
    const victim = [...runners, ...runners, api][random.int(2 * runners.length + 1)];
    if (victim) await strike(victim, random, counts);
  }
  return counts;
}

async function strike(victim: SupervisedProcess, random: CounterRandom, counts: TormentCounts): Promise<void> {
  const blow = random.float();
  const stopMs = Math.round(LEASE_TTL_MS * (1.3 + random.float()));
  if (blow < 0.5) {
    counts.killed++;
    victim.kill('SIGKILL');
  } else if (blow < 0.85) {
    counts.stopped++;
    victim.kill('SIGSTOP');
    await delay(stopMs);
    victim.kill('SIGCONT');
  } else {
    counts.terminated++;
    victim.kill('SIGTERM');
  }
}
