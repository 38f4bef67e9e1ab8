/** Graders tried out on their own, before a job or an eval uses them. */
import type { GraderErrors, GraderSpec } from '../generated/wire.js';
import type { RequestOptions, Transport } from '../transport.js';

export interface RunGrader {
  readonly grader: GraderSpec;
  /** What the model would have answered. */
  readonly model_sample: string;
  /** The row that templates read as `item`. */
  readonly item?: Readonly<Record<string, unknown>>;
}

export interface GraderRun {
  readonly reward: number;
  readonly sub_rewards: Readonly<Record<string, number>>;
  readonly metadata: {
    readonly name: string;
    readonly type: string;
    /** Seconds. */
    readonly execution_time: number;
    readonly scores: Readonly<Record<string, unknown>>;
    readonly errors: GraderErrors;
  };
}

export class Graders {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  run(body: RunGrader, options?: RequestOptions): Promise<GraderRun> {
    return this.#transport.json({ method: 'POST', path: '/fine_tuning/alpha/graders/run', body }, options);
  }

  /** The grader as the platform understands it; a grader that cannot be compiled is a 400. */
  validate(grader: GraderSpec, options?: RequestOptions): Promise<{ grader: GraderSpec }> {
    const path = '/fine_tuning/alpha/graders/validate';
    return this.#transport.json({ method: 'POST', path, body: { grader } }, options);
  }
}
