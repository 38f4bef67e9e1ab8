/** Binds what graders call, from the settings of a process. */
import type { GraderSettings } from '@preheat/contracts';
import type { Clock } from '@preheat/ports';
import { GraderPool } from './grader-pool.js';
import type { Judge } from './grader-services.js';
import { HttpEmbedder } from './http/http-embedder.js';
import { OutboundPoster } from './http/outbound-poster.js';
import { PythonSandbox } from './python/python-sandbox.js';

export interface GraderProcess {
  readonly settings: GraderSettings;
  readonly clock: Clock;
  readonly judge: Judge;
  /** Python processes at once, of about 170 MB each. */
  readonly pythonProcesses: number;
}

export interface OpenGraders {
  readonly pool: GraderPool;
  /** Ends every process that graders started. */
  close(): void;
}

export function openGraders({ settings, clock, judge, pythonProcesses }: GraderProcess): OpenGraders {
  const python = new PythonSandbox({ clock, maxProcesses: pythonProcesses });
  const hosts = (settings.PREHEAT_GRADER_HOSTS ?? '').split(',').map((host) => host.trim());
  const url = settings.PREHEAT_EMBEDDINGS_URL;
  const model = settings.PREHEAT_EMBEDDINGS_MODEL ?? '';
  const apiKey = settings.PREHEAT_EMBEDDINGS_API_KEY;
  const embedder = url && new HttpEmbedder({ url, model, ...(apiKey === undefined ? {} : { apiKey }) });
  const http = new OutboundPoster(hosts.filter((host) => host !== ''));
  const services = { judge, python, http, ...(embedder ? { embedder } : {}) };
  return { pool: new GraderPool({ services, clock }), close: () => python.close() };
}
