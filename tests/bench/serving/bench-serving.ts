/** `npm run bench:serving -- --help`: the hosted endpoint beside `transformers serve` on the same weights. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findPeers } from '../peers.js';
import { replaceBlock } from '../replace-block.js';
import { T2 } from '../written-models.js';
import { writeChatModel } from './chat-model.js';
import { type LoadResult, measureChatLoad } from './chat-load.js';
import { type ServingRound, servingReport } from './serving-report.js';
import { type ChatServer, startOurs, startTransformers } from './servers.js';

const HELP = `npm run bench:serving [-- options]: streamed chat completions, ours beside transformers serve.

  --clients N,N   clients at the same time (1,8,64)
  --seconds S     of load at each number (10)
  --rounds N      sides alternate within a round (3)
  --tokens N      longest answer (64)
  --write-docs    replace the figures in docs/serving.md

PREHEAT_PEER_PYTHON names the Python of the peer; without it only ours is measured.`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    clients: { type: 'string', default: '1,8,64' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    tokens: { type: 'string', default: '64' },
    'write-docs': { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const { python } = findPeers(process.env);
const folder = mkdtempSync(join(tmpdir(), 'preheat-serving-'));
const SIDES: Readonly<Record<string, () => Promise<ChatServer>>> = {
  ours: () => startOurs(folder),
  ...(python === null
    ? {}
    : {
        transformers: () => startTransformers(python, folder, []),
        'transformers, continuous batching': () => startTransformers(python, folder, ['--continuous-batching']),
      }),
};

async function measured(side: string, start: () => Promise<ChatServer>): Promise<LoadResult[] | string> {
  const results: LoadResult[] = [];
  let server: ChatServer | undefined;
  try {
    server = await start();
    for (const clients of values.clients.split(',').map(Number)) {
      const load = { clients, seconds: Number(values.seconds), maxTokens: Number(values.tokens) };
      results.push(await measureChatLoad(server, load));
      console.error(`${side}, ${clients} clients: ${results.at(-1)?.charactersPerS.toFixed(0)} characters/s`);
    }
    return results;
  } catch (error) {
    console.error(`${side}: ${String(error)}`);
    return String(error).split('\n', 1)[0] ?? '';
  } finally {
    await server?.stop();
  }
}

try {
  writeChatModel(folder, T2);
  const rounds: ServingRound[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const sides = Object.entries(SIDES);
    const results: Record<string, LoadResult[] | string> = {};
    for (const [side, start] of round % 2 === 0 ? sides : sides.toReversed()) {
      results[side] = await measured(side, start);
    }
    rounds.push(results);
  }
  const machine = `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`;
  const report = servingReport(rounds, Object.keys(SIDES), machine);
  console.log(report);
  if (values['write-docs']) {
    const page = fileURLToPath(new URL('../../../docs/serving.md', import.meta.url));
    writeFileSync(page, replaceBlock(readFileSync(page, 'utf8'), 'bench:serving', report));
  }
} finally {
  rmSync(folder, { recursive: true });
}
