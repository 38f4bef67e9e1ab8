/** How many answers may be streamed at once: every one holds a socket and polls the store until its client leaves. */
import { ApiError } from '@preheat/contracts';
import type { FastifyInstance } from 'fastify';

export interface StreamLimits {
  /** Open event streams of this process, and of one project in it. */
  readonly openStreams: number;
  readonly openStreamsPerProject: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    streamSlots: StreamSlots;
  }
}

const RETRY_AFTER_SECONDS = 5;

export class StreamSlots {
  readonly #limits: StreamLimits;
  readonly #byProject = new Map<string, number>();
  #open = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /** A slot, to be given back once by calling what is returned. @throws ApiError `rate_limit_exceeded`. */
  take(projectId: string): () => void {
    const { openStreams, openStreamsPerProject } = this.#limits;
    const ofProject = this.#byProject.get(projectId) ?? 0;
    if (ofProject >= openStreamsPerProject) refuse(`This project has ${ofProject} event streams open here`);
    if (this.#open >= openStreams) refuse(`This server has ${this.#open} event streams open`);
    this.#open++;
    this.#byProject.set(projectId, ofProject + 1);
    return () => this.#giveBack(projectId);
  }

  #giveBack(projectId: string): void {
    this.#open--;
    const left = (this.#byProject.get(projectId) ?? 1) - 1;
    if (left > 0) this.#byProject.set(projectId, left);
    else this.#byProject.delete(projectId);
  }
}

export function limitStreams(app: FastifyInstance, slots: StreamSlots): void {
  app.decorate('streamSlots', slots);
}

function refuse(what: string): never {
  throw new ApiError('rate_limit_exceeded', `${what}, which is the most there may be. Close one, or try again later.`, {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
