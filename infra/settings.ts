/**
 * Every number of the deployment, in one place, each with the reason for its value.
 * Resource files hold structure only, so a change of budget or patience is a change of one line here.
 */

/** A whole number of whoever deploys. @throws Error with the variable's name, before anything is deployed. */
function fromEnvironment(name: string, otherwise: number, { least = 0, most = 9999 } = {}): number {
  const text = process.env[name] ?? String(otherwise);
  const value = /^[0-9]{1,7}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`${name} must be a whole number from ${least} to ${most}, got "${text}".`);
}

/** One of a few words of whoever deploys. @throws As above. */
function chosenOf<const V extends string>(name: string, values: readonly [V, ...V[]]): V {
  const text = process.env[name] ?? values[0];
  const chosen = values.find((value) => value === text);
  if (chosen === undefined) throw new Error(`${name} must be ${values.join(' or ')}, got "${text}".`);
  return chosen;
}

/**
 * What whoever deploys may set and every part must agree on; docs/deploy.md says what each does. Passed on as it is: a part that cannot
 * read one stops at its start, with its name.
 */
const PASSED_ON = [
  'PREHEAT_JOBS_PER_PROJECT',
  'PREHEAT_JOBS_OF_PROJECTS',
  'PREHEAT_REQUESTS_PER_MINUTE',
  'PREHEAT_TRUSTED_PROXIES',
  'PREHEAT_GRADER_HOSTS',
  'PREHEAT_EMBEDDINGS_URL',
  'PREHEAT_EMBEDDINGS_MODEL',
  'PREHEAT_WEBHOOK_TARGETS',
  'PREHEAT_ORPHAN_GRACE_MS',
  'PREHEAT_LOG_LEVEL',
] as const;

/** Those of `PASSED_ON` that are set. */
export const passedOn: Readonly<Record<string, string>> = Object.fromEntries(
  PASSED_ON.flatMap((name) => {
    const value = process.env[name] ?? '';
    return value === '' ? [] : [[name, value]];
  }),
);

/** Sent to `PREHEAT_EMBEDDINGS_URL`. None unless said. */
export const embeddingsKey = process.env.PREHEAT_EMBEDDINGS_API_KEY;

export const storage = {
  /** Prefixes whose objects expire by themselves: answers kept so that a repeated create gets the same one. */
  temporary: [{ prefix: 'idempotency/', expiresIn: '30 days' }],
  /** Pointers that are dropped when what they point at ends. All that runners and evaluation may delete. */
  indexPrefix: 'index/',
  /** Says that no job and no runner is started (`KEYS.hold`). All that the guard of the budget may write. */
  holdKey: 'scheduler/hold.json',
  /** Parts of an upload that was never completed are invisible, yet billed. */
  abandonedUploadDays: 2,
  /** Of a bucket that somebody made versioned: time to notice a mistake. */
  noncurrentVersionDays: 7,
} as const;

export const queues = {
  /** A message is a doorbell: the runner answers it within seconds, so one that a dying runner held rings again soon. */
  workVisibility: '2 minutes',
  /** AWS asks for at least the function's timeout; a run longer than that rings for its next part itself. */
  evaluationVisibility: '16 minutes',
  /** Receives before a message counts as poison. Spot interruptions also use up receives, hence not 1 or 2. */
  maxReceives: 5,
  /** SQS's maximum, so that a poison message outlives a long weekend. */
  deadLetterRetentionSeconds: 14 * 24 * 60 * 60,
} as const;

export const functions = {
  runtime: 'nodejs22.x',
  /** onnxruntime-node is shipped for this architecture only (functions/build-lambda.mjs leaves the others out). */
  architecture: 'x86_64',
  logRetention: '1 month',
  /**
   * `PublishedVersions`: AWS restores functions from a snapshot of a process that has started. `None` where it does not offer
   * that for the runtime; it refuses the setting then.
   */
  snapStart: chosenOf('PREHEAT_SNAP_START', ['None', 'PublishedVersions']),
} as const;

export const api = {
  memory: '1024 MB',
  /** Processes that are kept started, and billed by the hour. 0: none, and a first call waits for a cold start. */
  provisioned: fromEnvironment('PREHEAT_API_KEPT_STARTED', 0),
  /** Also the longest life of one event stream; clients reconnect where they stopped. */
  timeout: '5 minutes',
  /** CloudFront gives up on a silent origin after this. Its quota is 60 s. */
  readTimeout: '60 seconds',
} as const;

/** Lambda gives CPU in proportion to memory: this is more than two full cores. Accounts may begin with a quota of 3008 MB. */
const MODEL_MEMORY = `${fromEnvironment('PREHEAT_MODEL_MEMORY_MB', 4096, { least: 1769, most: 10_240 })} MB` as const;

export const inference = {
  memory: MODEL_MEMORY,
  /** As of the API. A process keeps its models only while it lives. */
  provisioned: fromEnvironment('PREHEAT_INFERENCE_KEPT_STARTED', 0),
  /** One answer; decoding slower than CloudFront's patience is lost anyway unless it streams. */
  timeoutSeconds: 120,
  /**
   * The paths that decode, and all below them: of graders, one that asks a model. All others are served by the API function, whose
   * cold start stays small.
   */
  paths: [
    '/v1/chat/completions',
    '/v1/completions',
    '/v1/fine_tuning/alpha/graders/run',
    '/v1/x/exports',
    '/v1/x/models',
    '/v1/x/preflight',
  ],
} as const;

export const evaluation = {
  memory: MODEL_MEMORY,
  timeout: '15 minutes',
  /**
   * Runs at a time; the others wait in their queue. Without a bound, a crowd of runs would take the concurrency of the account from the
   * API, and messages that are refused for it would count as received until they are given up. AWS takes 2 to 1,000.
   */
  concurrency: fromEnvironment('PREHEAT_EVALUATIONS_AT_A_TIME', 8, { least: 2, most: 1000 }),
  /** Model files of one checkpoint, unpacked. */
  storage: '2 GB',
} as const;

export const sweeper = {
  /** Bounds how long a job whose runner died, or whose message was lost, waits for its next attempt, and any job for its machine. */
  schedule: 'rate(1 minute)',
  memory: '512 MB',
  timeout: '50 seconds',
} as const;

export const runner = {
  /** Ceiling of the GPU bill: at most this many runners, one GPU and one instance each. 0: jobs wait, and no machine is started. */
  maxRunners: fromEnvironment('PREHEAT_MAX_RUNNERS', 4),
  /** In order of preference; each has one NVIDIA GPU with 16 to 24 GB and at least 16 GB of memory. */
  instanceTypes: ['g5.xlarge', 'g4dn.xlarge'],
  /** Jobs survive interruption (checkpoint, lease, resume), so spot pays. Raise to buy certainty with money. */
  onDemandBaseCapacity: 0,
  onDemandPercentAboveBase: 0,
  /**
   * Machines kept stopped beside those that run: they start in about a minute, and cost their disks meanwhile. AWS has no such
   * pool for spot machines, so above 0 all machines are on demand and of the first type.
   */
  warmMachines: fromEnvironment('PREHEAT_WARM_MACHINES', 0),
  /**
   * `public`: runners have public addresses that nobody can call. `private`: they have none, and reach AWS through endpoints in
   * the network, each billed by the hour and zone. In both, the store is reached inside of AWS's network.
   */
  network: chosenOf('PREHEAT_RUNNER_NETWORK', ['public', 'private']),
  /** Hard limit of the container; what is left of 16 GiB is for the ECS agent, Docker and the kernel. */
  memoryMiB: 14_000,
  /** Of the least of `instanceTypes`, as Node.js counts them. */
  vcpus: 4,
  /** Image (CUDA base, TensorFlow) plus local checkpoints. */
  diskGiB: 100,
  /** ECS's maximum, and the length of a spot notice: time to checkpoint and release the lease. */
  stopTimeoutSeconds: 120,
  /** Instance, image pull and model load: what a wait is weighed against, and how long runners stay before anything is learned. */
  coldStartMinutes: 6,
  logRetentionDays: 30,
} as const;

/**
 * What jobs are judged against before they are queued, and the class that runners say they are: the least of
 * `instanceTypes`, since any of them may take a job. Memory is the GPU's (a T4 has 15.0 GiB for programs), and that of the container
 * around it, in which completions are decoded on the processor (the image has no CUDA provider for it: docs/gpu.md); price is the
 * on-demand one of the dearest type, us-east-1. Operations a second go from 5 % of a T4's peak in float32 to half of an A10G's; not measured.
 */
export const runnerClass = {
  name: 'gpu-16g',
  device: 'gpu',
  memory_bytes: 16_106_127_360,
  host_memory_bytes: runner.memoryMiB * 2 ** 20,
  rollout_workers: runner.vcpus,
  lanes: 1,
  micro_batch_tokens: 8192,
  price_per_second: 1.006 / 3600,
  flops: { low: 4e11, high: 1.5e13 },
  // 2 to 150 Gflop a core, as on CPUs (docs/preflight.md); two hardware threads share one core.
  sampling_flops: { low: 2e9 * runner.vcpus, high: (150e9 * runner.vcpus) / 2 },
  /** In a private network there is a way to AWS's services and to nothing else. */
  outbound: runner.network !== 'private',
} as const;

/** A function takes 6 MB in one request, of which the base64 of a body that is not text leaves three quarters. */
export const functionBodyBytes = 4_500_000;

export const alarms = {
  /** Gets a mail for every alarm, once it confirmed AWS's first one. None unless it is named. */
  email: process.env.PREHEAT_ALARM_EMAIL,
  /** Failures of one function within five minutes. A single one may be a caller that gave up. */
  functionErrors: 3,
  serverErrors: 5,
  runnerErrors: 3,
  /** Five turns of its schedule. */
  sweeperSilentMinutes: 5,
  /** Several starts of a machine. */
  workUntakenMinutes: 30,
  /** Of the oldest evaluation run that waits: a part of a run takes a quarter of an hour at most. */
  evaluationWaitMinutes: 60,
  /** Sweeps of those minutes that may come late, or see a runner that dies at once. */
  workUntakenMissing: 3,
} as const;

/** What the account may cost in a month, and what is done about it. */
export const budget = {
  /** US dollars. */
  monthlyDollars: fromEnvironment('PREHEAT_BUDGET_DOLLARS', 500, { least: 1, most: 1_000_000 }),
  /** Shares of it at which the alarms' topic is told. */
  toldAtPercent: [50, 80, 100],
  /**
   * Share of it from which no job and no runner is started for the rest of the month; 0: all is only told. Below 100 by what is spent
   * unnoticed: AWS learns of costs within half a day, in which 4 machines on demand cost 10 % of 500 $ (12 h · 4 · 1.02 $).
   */
  heldAtPercent: fromEnvironment('PREHEAT_BUDGET_HELD_AT_PERCENT', 90, { most: 1000 }),
  /**
   * Shares beyond that one at which it is held again, if somebody lifted it: AWS tells of a share once a month. With those above and one
   * of the forecast at most ten, as many as AWS takes of a budget.
   */
  heldAgainAtPercent: [110, 130],
  /** What becomes of jobs that run then. Given back, they cost nothing more, and go on where they were. */
  running: chosenOf('PREHEAT_ON_BUDGET', ['checkpoint', 'finish']),
} as const;

/** Of the function that acts on it. */
export const budgetGuard = { memory: '256 MB', timeout: '30 seconds' } as const;
