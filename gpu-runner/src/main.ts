/** The runner process: opens the platform, chooses an executor, pulls work until SIGTERM or SIGINT. */
import { availableParallelism, hostname } from 'node:os';
import { openPlatform } from '@preheat/adapters/platform';
import { availableMemoryBytes, processSettings } from '@preheat/adapters/system';
import { GraderSettings, projectLimits, RunnerSettings, unknownVariables } from '@preheat/contracts';
import { DecoderJudge, openGraders } from '@preheat/graders';
import { ModelRegistry } from '@preheat/inference/model-registry';
import { JobStore } from '@preheat/jobs';
import { keptModelBytes } from '@preheat/scheduler';
import { chooseExecutor } from './executor-choice.js';
import { gpuSettings } from './gpu-settings.js';
import { HeldModels } from './held-models.js';
import { processMemory } from './peak-memory.js';
import { chooseRolloutProvider } from './rollout-provider.js';
import { imagePullMs } from './image-pull.js';
import { RunnerJudges } from './runner-judges.js';
import { runnerLoop } from './runner-loop.js';
import { watchSpotNotice } from './spot-notice.js';
import { taskProtection } from './task-protection.js';
import { WarmStay } from './warm-stay.js';

/** Time for the last step, a checkpoint and the release, within the 120 s that ECS grants. */
const SHUTDOWN_LIMIT_MS = 110_000;
const DEFAULT_LEASE_TTL_MS = 30_000;
const MAX_PYTHON_PROCESSES = 8;

const settings = processSettings(RunnerSettings);
const graderSettings = processSettings(GraderSettings);
const platform = await openPlatform(settings, 'gpu-runner');
const runnerId =
  settings.PREHEAT_RUNNER_ID ??
  `${hostname()
    .replaceAll(/[^A-Za-z0-9_.-]/g, '-')
    .slice(0, 40)}-${process.pid}`;
const log = platform.log.child({ runnerId });
for (const name of unknownVariables(process.env)) log.warn('unknown environment variable', { name });
const shutdown = new AbortController();

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (shutdown.signal.aborted) process.exit(1); // a second signal does not wait
    leave(signal);
  });
}
if (settings.PREHEAT_SPOT_NOTICE_URL !== undefined) {
  const watch = { url: settings.PREHEAT_SPOT_NOTICE_URL, clock: platform.clock, log, signal: shutdown.signal };
  void watchSpotNotice(watch, (notice) => leave(`spot notice: ${notice}`));
}

/** The one way out of a job, whoever asks for it. */
function leave(reason: string): void {
  if (shutdown.signal.aborted) return;
  log.info('stopping: checkpoint, release, exit', { reason });
  shutdown.abort(reason);
  setTimeout(() => {
    log.error('the checkpoint did not finish in time; the lease will run out', { limitMs: SHUTDOWN_LIMIT_MS });
    process.exit(1);
  }, SHUTDOWN_LIMIT_MS).unref();
}

const gpu = gpuSettings(settings);
// What the environment says already was meant.
for (const [name, value] of Object.entries(gpu.environment)) process.env[name] ??= value;
log.info(
  'settings of GPU libraries',
  Object.fromEntries(Object.keys(gpu.environment).map((name) => [name, process.env[name]])),
);
const { executor, microBatchTokens } = await chooseExecutor(settings.PREHEAT_RUNNER_EXECUTOR ?? 'auto', gpu, log);
const rolloutProvider = await chooseRolloutProvider(settings.PREHEAT_ROLLOUT_PROVIDER ?? 'auto', log);
const jobs = new JobStore({ ...platform, queue: platform.jobQueue });
const models = new ModelRegistry(platform.store);
// Each for itself: models kept between jobs, and judges.
const budgetBytes = keptModelBytes(availableMemoryBytes());
const heldModels = new HeldModels(models, { clock: platform.clock, budgetBytes });
const judges = new RunnerJudges(models, { workers: availableParallelism(), clock: platform.clock, budgetBytes });
const graders = openGraders({
  settings: graderSettings,
  clock: platform.clock,
  judge: new DecoderJudge(judges),
  pythonProcesses: Math.min(availableParallelism(), MAX_PYTHON_PROCESSES),
});
const imageMs = await imagePullMs(settings.ECS_CONTAINER_METADATA_URI_V4, log);
const dependencies = {
  ...platform,
  runnerId,
  log,
  queue: platform.jobQueue,
  jobs,
  models,
  heldModels,
  executor,
  graders: graders.pool,
  leaseTtlMs: Number(settings.PREHEAT_LEASE_TTL_MS ?? DEFAULT_LEASE_TTL_MS),
  jobsPerProject: projectLimits(settings),
  memory: processMemory,
  startedAtMs: Math.round(performance.timeOrigin),
  ...(imageMs === null ? {} : { imageMs }),
  pricePerHour: Number(settings.PREHEAT_PRICE_PER_HOUR ?? 0),
  ...(settings.PREHEAT_RUNNER_CLASS === undefined ? {} : { runnerClass: settings.PREHEAT_RUNNER_CLASS }),
  microBatchTokens,
  rolloutProvider,
  // Rows of one session fill a GPU; on CPUs every core decodes its own.
  rolloutWorkers: rolloutProvider === 'cuda' ? 1 : availableParallelism(),
};

// Where machines are started for work; elsewhere a runner stays, and there is nothing to learn.
const exitWhenIdle = settings.PREHEAT_RUNNER_EXIT_WHEN_IDLE === 'yes';
const isStartedForWork = exitWhenIdle || settings.ECS_AGENT_URI !== undefined;
const bootSeconds = settings.PREHEAT_COLD_START_SECONDS;
const boot = bootSeconds === undefined ? {} : { bootMs: Number(bootSeconds) * 1000 };

log.info('ready', { executor: executor.name });
await runnerLoop(dependencies, {
  shutdown: shutdown.signal,
  protection: taskProtection(settings.ECS_AGENT_URI, log),
  ...(isStartedForWork ? { stay: new WarmStay({ ...dependencies, ...boot }) } : {}),
  exitWhenIdle,
});
graders.close();
await judges.close();
await executor.dispose();
await platform.close();
log.info('stopped');
process.exit(0);
