/** What the users of a seed want: the jobs they submit, and when they pause, resume or cancel them. */
import type { Random } from '@preheat/ports';

export type Verb = 'pause' | 'resume' | 'cancel';

export interface PlannedAction {
  readonly verb: Verb;
  /** Wait before it, after the action before. */
  readonly afterMs: number;
  /** Tries before the user stops asking; the last wish may then still come true. */
  readonly tries: number;
}

export interface PlannedJob {
  readonly index: number;
  readonly project: number;
  /** Also names the job: it is the seed of its training. */
  readonly seed: number;
  readonly submitAtMs: number;
  /** Sent as `Idempotency-Key`; without it the client says that it retries. */
  readonly key: string | null;
  readonly phases: readonly { readonly steps: number; readonly checkpointInterval: number }[];
  /** The step of the first phase at which its runner always dies; 0: none. */
  readonly poisonStep: number;
  readonly actions: readonly PlannedAction[];
  readonly priority: number;
  /** Best checkpoints that stay beside the last. */
  readonly keepBest: number;
  /** Index of the job whose oldest checkpoint it starts from; null: it starts from the base model. */
  readonly forkOf: number | null;
  /** Steps that its budget of tokens allows; null: as many as it likes. */
  readonly stepsAllowed: number | null;
}

/** What a step of the simulated recipe trains on. */
export const TOKENS_PER_STEP = 7;
/** Jobs that the first project submits at once, in seeds where it floods the others. */
const FLOOD_JOBS = 8;

const VERBS: readonly Verb[] = ['pause', 'resume', 'pause', 'resume', 'resume', 'cancel'];

export function drawJobs(random: Random): PlannedJob[] {
  const count = 2 + random.int(3);
  const extras = random.fork('limits');
  const jobs = Array.from({ length: count }, (_, index): PlannedJob => {
    const phases = Array.from({ length: 1 + random.int(2) }, () => ({
      steps: 2 + random.int(5),
      checkpointInterval: 1 + random.int(3),
    }));
    const wishes = random.float() < 0.5 ? 0 : 1 + random.int(5);
    return {
      index,
      project: random.int(2),
      seed: index + 1,
      submitAtMs: random.int(60_000),
      key: random.float() < 0.5 ? `key-${index}` : null,
      phases,
      poisonStep: random.float() < 0.06 ? 1 + random.int(phases[0]?.steps ?? 1) : 0,
      actions: Array.from({ length: wishes }, () => ({
        verb: VERBS[random.int(VERBS.length)] ?? 'pause',
        afterMs: random.int(25_000),
        tries: random.float() < 0.3 ? 1 : 1_000,
      })),
      priority: extras.int(3) - 1,
      keepBest: 3,
      forkOf: null,
      stepsAllowed: extras.float() < 0.25 ? 1 + extras.int(4) : null,
    };
  });
  const more = extras.float() < 0.1 ? flood(jobs.length) : [];
  const forks = random.fork('forks');
  return forks.float() < 0.1 ? withFork([...jobs, ...more], forks.float() < 0.7) : [...jobs, ...more];
}

/** Longer than the collector takes to delete what no job keeps. */
const FORK_HELD_MS = 25 * 60_000;

/**
 * The first job keeps as little as it may, and another one starts from its oldest checkpoint. Where it is held, that job is
 * paused until the checkpoint would be long gone, if nothing referred to it.
 */
function withFork(jobs: readonly PlannedJob[], isHeld: boolean): PlannedJob[] {
  const [first, ...others] = jobs;
  if (!first) return [];
  const parent = { ...first, keepBest: 1, poisonStep: 0, phases: [{ steps: 5, checkpointInterval: 1 }] };
  const index = jobs.length;
  const hold: PlannedAction[] = [
    { verb: 'pause', afterMs: 0, tries: 1_000 },
    { verb: 'resume', afterMs: FORK_HELD_MS, tries: 1_000 },
  ];
  const fork: PlannedJob = {
    ...parent,
    index,
    seed: index + 1,
    key: `key-${index}`,
    phases: [{ steps: 3, checkpointInterval: 2 }],
    actions: isHeld ? hold : [],
    forkOf: first.index,
    stepsAllowed: null,
  };
  return [parent, ...others, fork];
}

function flood(from: number): PlannedJob[] {
  return Array.from({ length: FLOOD_JOBS }, (_, i) => ({
    index: from + i,
    project: 0,
    seed: from + i + 1,
    submitAtMs: 0,
    key: null,
    phases: [{ steps: 3, checkpointInterval: 2 }],
    poisonStep: 0,
    actions: [],
    priority: 1,
    keepBest: 3,
    forkOf: null,
    stepsAllowed: null,
  }));
}
