/** `preheat models export`: a model as a folder for other programs, with the proof that it computes the same. */
import { resolve } from 'node:path';
import type { ExportModelRequest, ModelExport } from '@preheat/sdk';
import { type Command, Option } from 'commander';
import { explainError } from '../explain-error.js';
import type { Io } from '../io.js';
import { assertEmptyFolder, downloadExport, PARITY_FILE } from '../models/download-export.js';
import { formatBytes } from '../models/format-bytes.js';
import { ProgressLine } from '../progress/progress-line.js';
import { renderTable } from '../table.js';
import { atLeast } from './arguments.js';
import { openSession } from './session.js';

interface ExportFlags {
  readonly format: ExportModelRequest['format'];
  readonly dtype: NonNullable<ExportModelRequest['dtype']>;
  readonly out: string;
  readonly shardBytes?: number;
}

export function addExportCommand(models: Command, io: Io): void {
  models
    .command('export <model>')
    .description('write a model or checkpoint as a folder for other programs')
    .addOption(
      new Option('--format <format>', 'transformers, transformers.js, llama.cpp, or a LoRA adapter for peft')
        .choices(['hf', 'transformers-js', 'gguf', 'peft'])
        .default('hf'),
    )
    .addOption(
      new Option('--dtype <dtype>', 'of the weights; hf and gguf')
        .choices(['float32', 'bfloat16', 'float16'])
        .default('float32'),
    )
    .requiredOption('--out <folder>', 'an empty or new folder')
    .option('--shard-bytes <bytes>', 'hf: tensors a file holds at most; default 5 GB', atLeast(1_000))
    .addHelpText(
      'after',
      "\nExamples:\n  $ preheat models export 'ft:preheat-1m:local::abc' --out ./model\n" +
        '  $ preheat models export my-llama --format gguf --dtype float16 --out ./gguf',
    )
    .action(async (model: string, _flags, command: Command) => {
      const session = openSession<ExportFlags>(command, io);
      const { client, flags } = session;
      const folder = resolve(io.cwd, flags.out);
      assertEmptyFolder(folder);
      const { format, dtype, shardBytes } = flags;
      const request = { model, format, dtype, ...(shardBytes === undefined ? {} : { shard_bytes: shardBytes }) };
      const line = new ProgressLine(io.stderr, io.nowMs);
      line.update(`writing ${model} as ${format}, and comparing what was written with the model`, true);
      try {
        const written = await client.models.export(request, { signal: io.signal });
        try {
          await downloadExport(client, written, folder, io.signal, (bytes, total, name) =>
            line.update(`downloading ${formatBytes(bytes)} of ${formatBytes(total)}: ${name}`),
          );
        } finally {
          // Nobody comes back for the platform's copy: another attempt makes its own. That it stays is no failure of this one.
          await client.models.deleteExport(written.id, { outlivesClient: true }).catch((error: unknown) => {
            line.message(`the platform keeps its copy, ${written.id}: ${explainError(error)}`);
          });
        }
        line.end();
        session.show(written, (result) => exportTable(result, flags.out));
      } finally {
        line.end();
      }
    });
}

function exportTable({ model, dtype, files, parity }: ModelExport, folder: string): string {
  const table = renderTable(
    [{ title: 'FILE' }, { title: 'SIZE', align: 'right' }],
    files.map(({ path, bytes }) => [`${folder}/${path}`, formatBytes(bytes)]),
  );
  const rounding =
    dtype === 'float32'
      ? ''
      : `\n${dtype} itself moves log-probabilities by up to ${parity.rounding_logprob_difference.toPrecision(2)} nats; ` +
        `greedy text ${parity.rounding_greedy_text_equal ? 'stays the same' : 'changes'}.`;
  return (
    `${table}\n\nRead back, the files compute what ${model} does: greedy text is the same after ${parity.prompts} prompts, ` +
    `log-probabilities of ${parity.tokens} tokens differ by at most ${parity.max_logprob_difference.toPrecision(2)} nats ` +
    `(${folder}/${PARITY_FILE}).${rounding}`
  );
}
