/**
 * Has checkpoints ready before they are asked for. Whoever looks at a running job is about to ask what it makes: as the next
 * checkpoint comes near, a decoder is prepared for it, and once it is there it answers a first time, before the first question. What
 * is warmed counts in the memory budget like everything that is open. A process that nobody asks about a job warms nothing for it;
 * one that answers no chat has no use for it.
 */
import type { JobDocument } from '@preheat/contracts';
import type { ModelRegistry } from '@preheat/inference/model-registry';
import { isRecorded } from '@preheat/jobs';
import type { Log } from '@preheat/ports';
import { INTERACTIVE_PRICES, isTimeToWarm, type NextStart } from '@preheat/scheduler';
import type { DecoderServing } from './decoder-serving.js';

export interface WarmerDependencies {
  readonly models: ModelRegistry;
  readonly decoders: DecoderServing;
  readonly log: Log;
}

/** Of a decoder whose runtime is not loaded yet, on a busy machine. */
const START: NextStart = { startMs: 3_000, startSpreadMs: 1_000, prices: INTERACTIVE_PRICES };
/** Runners report this often at least. */
const REPORT_EVERY_MS = 10_000;
const MAX_JOBS = 256;

interface Seen {
  /** The newest model of the job when it was last looked at. */
  model: string | null;
  /** The newest model when a decoder was prepared for the next one; undefined before that. */
  preparedBehind: string | null | undefined;
}

export class CheckpointWarmer {
  readonly #deps: WarmerDependencies;
  /** Jobs that were running when somebody looked at them, oldest first. */
  readonly #seen = new Map<string, Seen>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(deps: WarmerDependencies) {
    this.#deps = deps;
  }

  /** Somebody looks at a job. Returns at once; what is warmed is warmed one after the other. */
  look(job: JobDocument): void {
    const newest = job.fineTunedModel ?? job.checkpoints.at(-1)?.model ?? null;
    const seen = this.#seen.get(job.id);
    if (!seen && job.state !== 'running') return;
    const known = seen ?? this.#remember(job.id, newest);
    if (newest !== null && newest !== known.model) this.#warm(() => this.#open(job.projectId, newest));
    known.model = newest;
    if (job.state === 'running' && known.preparedBehind !== newest && isNear(job)) {
      known.preparedBehind = newest;
      this.#warm(() => this.#prepare(job));
    }
    if (job.fineTunedModel !== null) this.#seen.delete(job.id);
  }

  /** Resolves when everything that was to be warmed until now is. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  #remember(jobId: string, model: string | null): Seen {
    const seen: Seen = { model, preparedBehind: undefined };
    this.#seen.set(jobId, seen);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MAX_JOBS && oldest !== undefined) this.#seen.delete(oldest);
    return seen;
  }

  /** A failure costs warmth and nothing else: whoever asks for the model is told. */
  #warm(work: () => Promise<void>): void {
    this.#tail = this.#tail.then(work).catch((error: unknown) => {
      this.#deps.log.debug('a model could not be warmed', { error });
    });
  }

  async #prepare(job: JobDocument): Promise<void> {
    const { models, decoders } = this.#deps;
    const record = await models.find(job.projectId, job.checkpoints.at(-1)?.model ?? job.model);
    if (!record) return;
    // Adapters are served on the decoder of their base.
    if (trainsAdapter(job)) await decoders.warm(record);
    else await decoders.prepare(record);
  }

  async #open(projectId: string, name: string): Promise<void> {
    const record = await this.#deps.models.find(projectId, name);
    if (record) await this.#deps.decoders.warm(record);
  }
}

const phaseOf = ({ phases, progress }: JobDocument) => phases[progress?.phaseIndex ?? 0];
const trainsAdapter = (job: JobDocument): boolean => Number(phaseOf(job)?.config['lora_rank'] ?? 0) > 0;

/** Steps between checkpoints of the phase, and between those that recorded validations make. */
function intervalsOf(job: JobDocument, phaseSteps: number): number[] {
  const keys = ['checkpoint_interval', ...(isRecorded(job, job.progress?.phaseIndex ?? 0) ? ['eval_interval'] : [])];
  return keys.map((key) => Number(phaseOf(job)?.config[key] ?? phaseSteps));
}

/** Whether the next checkpoint comes before it would be too late to prepare for it. */
function isNear(job: JobDocument): boolean {
  const { step = 0, phaseStep = 0, phaseSteps = null, etaSeconds = null } = job.progress ?? {};
  if (phaseSteps === null || etaSeconds === null || phaseStep >= phaseSteps) return false;
  // What was reported before the newest checkpoint says nothing of the next.
  if (step < (job.checkpoints.at(-1)?.step ?? 0)) return false;
  const left = phaseSteps - phaseStep;
  const remainingSteps = Math.min(left, ...intervalsOf(job, phaseSteps).map((every) => every - (phaseStep % every)));
  return isTimeToWarm({ remainingSteps, stepMs: [(1000 * etaSeconds) / left], reportEveryMs: REPORT_EVERY_MS }, START);
}
