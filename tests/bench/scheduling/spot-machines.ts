/** Jobs of Philly with deadlines on machines that may be taken away (D8). */
import { type DeadlineOptions, halves, simulateDeadlines } from '@preheat/scheduler/simulation';
import { traceNamed } from './traces.js';

const HOUR_MS = 3_600_000;
const FIXED = {
  ...{ checkpointMs: 20_000, meanLifeMs: 4 * HOUR_MS, startMs: 218_000, spotPrice: 0.35, slackFactor: 1.5, seed: 1 },
};

type Varied = Pick<DeadlineOptions, 'rule' | 'checkpointEveryMs' | 'usesNotice'>;
const CASES: readonly (Varied & { readonly name: string })[] = [
  { name: 'on demand', rule: 'on-demand', checkpointEveryMs: null, usesNotice: false },
  { name: 'spot, checkpoint every hour', rule: 'spot', checkpointEveryMs: HOUR_MS, usesNotice: false },
  { name: 'spot, checkpoint every minute', rule: 'spot', checkpointEveryMs: 60_000, usesNotice: false },
  { name: 'spot, Young', rule: 'spot', checkpointEveryMs: null, usesNotice: false },
  { name: 'spot, Young, notice used', rule: 'spot', checkpointEveryMs: null, usesNotice: true },
  {
    name: 'spot or on demand, Young, notice used',
    rule: 'spot-or-on-demand',
    checkpointEveryMs: null,
    usesNotice: true,
  },
];

export function spotTable(): string[][] {
  const work = halves(traceNamed('philly').load()).test;
  const onDemand = simulateDeadlines(work, { ...FIXED, ...(CASES[0] as Varied) }).cost;
  return CASES.map(({ name, ...varied }) => {
    const result = simulateDeadlines(work, { ...FIXED, ...varied });
    const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
    return [
      name,
      percent(result.cost / onDemand),
      percent(result.lateShare),
      percent(result.wastedShare),
      String(result.interruptions),
    ];
  });
}
