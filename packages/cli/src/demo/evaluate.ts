/** Evaluates the models through the hosted evals of the API: same rows, same decoding, same graders for each. */
import type { Preheat } from '@preheat/sdk';
import { CommandFailed, type Io } from '../io.js';
import { ProgressLine, progressBar } from '../progress/progress-line.js';
import { DECODINGS, type Decoding, type DemoSizes, demoEval, demoRun } from './job.js';
import type { Stage, StageResult } from './report.js';
import { readScores, type Scores } from './scores.js';

const ITEMS_PER_PAGE = 100;

export interface Contestant {
  readonly stage: Stage;
  readonly model: string;
}

interface Bench {
  readonly client: Preheat;
  readonly io: Io;
  readonly line: ProgressLine;
  readonly evalId: string;
  readonly rows: string;
  readonly sizes: DemoSizes;
}

/** `rows` is the id of the uploaded test file. */
export async function evaluate(
  client: Preheat,
  contestants: readonly Contestant[],
  rows: string,
  sizes: DemoSizes,
  io: Io,
): Promise<StageResult[]> {
  const { id: evalId } = await client.evals.create(demoEval, { signal: io.signal });
  const line = new ProgressLine(io.stderr, io.nowMs);
  const bench = { client, io, line, evalId, rows, sizes };
  const results: StageResult[] = [];
  try {
    for (const contestant of contestants) {
      const scores = {} as Record<Decoding['name'], Scores>;
      for (const decoding of DECODINGS) scores[decoding.name] = await score(bench, contestant, decoding);
      results.push({ ...contestant, scores });
    }
  } finally {
    line.end();
  }
  return results;
}

async function score(bench: Bench, { stage, model }: Contestant, decoding: Decoding): Promise<Scores> {
  const { client, evalId, sizes } = bench;
  const options = { signal: bench.io.signal };
  const { id } = await client.evals.runs.create(evalId, demoRun(model, bench.rows, decoding, sizes), options);
  const run = await client.evals.runs.wait(evalId, id, {
    ...options,
    onUpdate: ({ status, result_counts: { passed, failed, errored } }) => {
      const done = passed + failed + errored;
      const bar = progressBar(done / sizes.evalWords);
      bench.line.update(`[eval] ${stage}, ${decoding.label}  ${bar}  ${done}/${sizes.evalWords}  ${status}`);
    },
  });
  if (run.status !== 'completed') {
    throw new CommandFailed(`the evaluation of ${stage} ${run.status}: ${run.error?.message ?? 'no reason given'}`);
  }
  bench.line.message(
    `evaluated ${stage}, ${decoding.label}: ${run.result_counts.passed} of ${sizes.evalWords} words right`,
  );
  return readScores(client.evals.runs.items(evalId, id, { limit: ITEMS_PER_PAGE }, options), sizes.evalWords, model);
}
