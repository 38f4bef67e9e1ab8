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
  #isClosed = false;

  constructor(options: GraderServingOptions) {
    this.#options = options;
  }

  /** What did not load is tried again with the next call. @throws Error once closed: nobody would end what it started. */
  async open(): Promise<GraderPool> {
    if (this.#isClosed) throw new Error('the graders of this process are closed');
    this.#graders ??= this.#load().catch((error: unknown) => {
      this.#graders = undefined;
      throw error;
    });
    return (await this.#graders).pool;
  }

  /** Ends every process that graders started, those of a load under way too. */
  async close(): Promise<void> {
    this.#isClosed = true;
    // Whoever opened them was told why they did not load.
    const graders = await this.#graders?.catch(() => undefined);
    graders?.close();
  }

  async #load(): Promise<OpenGraders> {
    const { DecoderJudge, openGraders } = await import('@preheat/graders');
    const { models, ...options } = this.#options;
    return openGraders({ ...options, judge: new DecoderJudge(models), pythonProcesses: PYTHON_PROCESSES });
  }
}
