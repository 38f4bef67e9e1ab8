/** What is simulated: jobs in the order of their arrival. */
export interface Job {
  /** Position in the workload. */
  readonly id: number;
  /** What a warm runner is warm for: the base model. */
  readonly key: string;
  readonly arriveMs: number;
  /** Run time without any start, above 0. */
  readonly serviceMs: number;
}

export interface Workload {
  readonly name: string;
  readonly jobs: readonly Job[];
}

export interface Halves {
  /** Policies are chosen and learn on this one. */
  readonly train: Workload;
  /** And are reported on this one. */
  readonly test: Workload;
}

/** @param rows In any order. */
export function workload(name: string, rows: readonly Omit<Job, 'id'>[]): Workload {
  const jobs = rows.toSorted((a, b) => a.arriveMs - b.arriveMs).map((row, id) => ({ ...row, id }));
  return { name, jobs };
}

/** The first and the second half of the jobs. */
export function halves({ name, jobs }: Workload): Halves {
  const middle = jobs.length >> 1;
  return {
    train: workload(`${name}, first half`, jobs.slice(0, middle)),
    test: workload(`${name}, second half`, jobs.slice(middle)),
  };
}

export function jobsByKey(jobs: readonly Job[]): Map<string, Job[]> {
  const byKey = new Map<string, Job[]>();
  for (const job of jobs) {
    const sameKey = byKey.get(job.key);
    if (sameKey) sameKey.push(job);
    else byKey.set(job.key, [job]);
  }
  return byKey;
}
