/**
 * The production API in a simulated world. Building the app costs far more than a seed may, so it is built once, and reaches the
 * ports of whatever process it is at the moment, and what that one keeps between requests.
 */
import { createHash } from 'node:crypto';
import { createApp, DecoderServing, QueueFacts } from '@preheat/functions';
import { GraderPool } from '@preheat/graders';
import { ModelRegistry } from '@preheat/inference/model-registry';
import { type JobPieces, JobStore } from '@preheat/jobs';
import { TINY_MODELS } from '../../../functions/src/test-kit/tiny-models.js';
import type { ProcessPorts } from './process-ports.js';

type App = Awaited<ReturnType<typeof createApp>>;

export const PROJECT_KEYS = ['sk-simulated-0', 'sk-simulated-1'] as const;
export const projectName = (project: number): string => `proj-${project}`;

/** What is of one process and not of the machine. */
interface Parts extends ProcessPorts {
  readonly models: ModelRegistry;
  readonly queueFacts: QueueFacts;
}

interface Slot {
  parts: Parts | undefined;
}

export class ApiMachine {
  readonly app: App;
  readonly #slot: Slot;
  readonly #pieces: Partial<JobPieces>;

  private constructor(app: App, slot: Slot, pieces: Partial<JobPieces>) {
    this.app = app;
    this.#slot = slot;
    this.#pieces = pieces;
  }

  static async open(pieces: Partial<JobPieces>): Promise<ApiMachine> {
    const slot: Slot = { parts: undefined };
    const port = <K extends keyof Parts>(name: K): Parts[K] =>
      new Proxy({} as Parts[K], {
        get(_, property) {
          const target = slot.parts?.[name];
          if (!target) throw new Error('the API machine is switched off');
          const member = Reflect.get(target, property, target) as unknown;
          return typeof member === 'function' ? member.bind(target) : member;
        },
      });
    const ports = {
      store: port('store'),
      jobQueue: port('jobQueue'),
      evaluationQueue: port('evaluationQueue'),
      clock: port('clock'),
      ids: port('ids'),
      log: port('log'),
    };
    const models = port('models');
    const decoders = new DecoderServing(models, { budgetBytes: 0, workers: 0, clock: ports.clock });
    const graders = new GraderPool({ services: {}, clock: ports.clock });
    const jobs = new JobStore({ ...ports, queue: ports.jobQueue, pieces });
    const apiKeys = PROJECT_KEYS.map((key, project) => ({
      hash: createHash('sha256').update(key).digest(),
      projectId: projectName(project),
    }));
    // What a crash leaves unanswered here would have ended with its process: it must not count as load of the next.
    const unbounded = Number.MAX_SAFE_INTEGER;
    const limits = { requestsPerMinute: unbounded, requestsInFlight: unbounded, jsonBytesInFlight: unbounded };
    const sendWebhook = () => Promise.reject(new Error('no endpoint exists in this world'));
    const queueFacts = port('queueFacts');
    const openGraders = () => Promise.resolve(graders);
    const parts = { ...ports, jobs, models, decoders, openGraders, sendWebhook, queueFacts };
    const app = await createApp(parts, { apiKeys, limits });
    await app.ready();
    return new ApiMachine(app, slot, pieces);
  }

  /** From now on the app is this process. */
  become(ports: ProcessPorts): void {
    // What the last process was reading when it died would never be read.
    const models = new ModelRegistry(ports.store, TINY_MODELS);
    const jobs = new JobStore({ ...ports, queue: ports.jobQueue, pieces: this.#pieces });
    this.#slot.parts = { ...ports, models, queueFacts: new QueueFacts({ ...ports, jobs }) };
  }
}
