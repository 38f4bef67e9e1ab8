/** Entry of a decoding thread: a `LocalRunner` behind messages. It loads the runtime at once, since it is there to decode. */
import { parentPort, workerData } from 'node:worker_threads';
import type { RunResult } from './graph-runner.js';
import { LocalRunner } from './local-runner.js';
import type { WorkerReply, WorkerRequest, WorkerSetup } from './worker-protocol.js';

const { threads, provider } = workerData as WorkerSetup;
const runner = new LocalRunner(threads, provider);
// A thread that cannot make sessions says so to whoever wants one.
runner.loadRuntime().catch(() => undefined);

parentPort?.on('message', (request: WorkerRequest) => {
  execute(request).then(
    (result) => reply({ id: request.id, ok: true, ...(result && { result }) }),
    (error: unknown) => reply({ id: request.id, ok: false, message: String(error) }),
  );
});

async function execute(request: WorkerRequest): Promise<RunResult | undefined> {
  if (request.kind === 'run') {
    return runner.run(request.name, request.feeds, request.fetches, { adapter: request.adapter });
  }
  if (request.kind === 'load') await runner.load(request.name, request.model);
  else if (request.kind === 'adapter') await runner.setAdapter(request.adapter, request.block);
  else if (request.kind === 'weights') await runner.setWeights(request.block, request.version);
  else await runner.close();
  return undefined;
}

/** Results move to the other thread; the runtime made them for this reply alone. */
function reply(message: WorkerReply): void {
  const outputs = message.ok && message.result ? Object.values(message.result.outputs) : [];
  parentPort?.postMessage(
    message,
    outputs.map(({ data }) => data.buffer as ArrayBuffer),
  );
}
