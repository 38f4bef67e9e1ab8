/** The graders of a process. What grades is imported where something is to be graded: most calls of the API grade nothing. */
import type { GraderSettings } from '@preheat/contracts';
import type { GraderPool, JudgeModels, OpenGraders } from '@preheat/graders';
import type { Clock } from '@preheat/ports';

export interface GraderServingOptions {
  readonly settings: GraderSettings;
  readonly clock: Clock;
  /** What judges are. */
  readonly models: JudgeModels;
}

/** Sandboxes of python graders at once: a process of about 170 MB each. */
const PYTHON_PROCESSES = 2;

export class GraderServing {
  readonly #options: GraderServingOptions;
  #graders: Promise<OpenGraders> | undefined;

  constructor(options: GraderServingOptions) {
    this.#options = options;
  }

  async open(): Promise<GraderPool> {
    return (await (this.#graders ??= this.#load())).pool;
  }

  /** Ends every process that graders started. */
  async close(): Promise<void> {
    (await this.#graders)?.close();
  }

  async #load(): Promise<OpenGraders> {
    const { DecoderJudge, openGraders } = await import('@preheat/graders');
    const { models, ...options } = this.#options;
    return openGraders({ ...options, judge: new DecoderJudge(models), pythonProcesses: PYTHON_PROCESSES });
  }
}
