/** The embedded server: the API, its sweeper and one evaluation worker in one process, until SIGTERM or SIGINT. */
import { processSettings } from '@preheat/adapters/system';
import { ApiSettings, GraderSettings, unknownVariables } from '@preheat/contracts';
import { CONNECTION_BACKLOG, openApi, SERVER_DECODERS } from './api-parts.js';
import { openParts } from './composition.js';
import { serveDashboard } from './dashboard.js';
import { runEvaluationWorker } from './evaluation/evaluation-worker.js';
import { CheckpointWarmer } from './serving/checkpoint-warmer.js';
import { sweepUntilStopped } from './sweep-until-stopped.js';
import { deliverUntilStopped } from './webhooks/deliver-until-stopped.js';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 8787;
const SWEEP_EVERY_MS = 5_000;
const DELIVER_EVERY_MS = 1_000;
const RING_AFTER_MS = 15_000;
const EVALUATION_LEASE_TTL_MS = 30_000;
/** Open event streams are cut after this long; clients resume them by themselves. */
const DRAIN_LIMIT_MS = 3_000;

const settings = processSettings(ApiSettings);
processSettings(GraderSettings);
const host = settings.PREHEAT_HOST ?? DEFAULT_HOST;
const port = Number(settings.PREHEAT_PORT ?? DEFAULT_PORT);
const parts = await openParts(process.env, 'api', SERVER_DECODERS);
// Who looks at a job here asks its models here: a function that is looked at answers no chat.
const warmer = new CheckpointWarmer(parts);
const app = await openApi(process.env, { ...parts, warmer }, `http://${host}:${port}`);
if (settings.PREHEAT_DASHBOARD_DIR !== undefined) await serveDashboard(app, settings.PREHEAT_DASHBOARD_DIR);
const { log } = parts;
for (const name of unknownVariables(process.env)) log.warn('unknown environment variable', { name });
const stopping = new AbortController();
const { signal } = stopping;

for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.on(name, () => {
    if (signal.aborted) process.exit(1); // a second signal does not wait
    log.info('stopping', { signal: name });
    stopping.abort();
  });
}

const url = await app.listen({ host, port, backlog: CONNECTION_BACKLOG });
log.info('listening', { url });

const workerId = `api-${process.pid}`;
const worker = runEvaluationWorker(parts, { workerId, leaseTtlMs: EVALUATION_LEASE_TTL_MS, signal });
const sweeper = sweepUntilStopped(parts, { everyMs: SWEEP_EVERY_MS, ringAfterMs: RING_AFTER_MS, signal });
const deliveries = deliverUntilStopped(parts, { everyMs: DELIVER_EVERY_MS, signal });
await Promise.all([worker, sweeper, deliveries]);

setTimeout(() => app.server.closeAllConnections(), DRAIN_LIMIT_MS).unref();
await app.close();
await parts.close();
log.info('stopped');
