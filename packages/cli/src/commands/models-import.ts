/** `preheat models import`: a Hugging Face folder, here or on a hub, becomes a model of the project. */
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ImportModelRequest, ModelImport } from '@preheat/sdk';
import { type Command, Option } from 'commander';
import { type Io, UsageError } from '../io.js';
import { formatBytes } from '../models/format-bytes.js';
import { openSource, type SourceFlags } from '../models/import-source.js';
import type { LocalFile } from '../models/local-folder.js';
import { uploadModel } from '../models/upload-model.js';
import { ProgressLine } from '../progress/progress-line.js';
import { renderTable } from '../table.js';
import { openSession } from './session.js';
import { isFile } from './upload.js';

const STORAGE_DTYPES = ['original', 'float32', 'bfloat16', 'float16', 'int8'] as const;
const TEMPLATE_FILE = 'chat_template.jinja';

interface ImportFlags extends SourceFlags {
  readonly name?: string;
  readonly chatTemplate?: string;
  readonly base?: string;
  readonly storageDtype: NonNullable<ImportModelRequest['storage_dtype']>;
}

export function addImportCommand(models: Command, io: Io): void {
  models
    .command('import <folder-or-hub-id>')
    .description('import a Hugging Face model: a folder here, or a repository of the hub (owner/name)')
    .option('--name <name>', 'what to call it; default: the folder’s name, or owner/name')
    .option('--revision <revision>', 'branch, tag or commit of the repository; default main')
    .option('--endpoint <url>', 'another hub; default HF_ENDPOINT, then https://huggingface.co')
    .option('--cache-dir <folder>', 'where downloads are kept; default HF_HUB_CACHE, as huggingface_hub does')
    .option('--base <model>', 'for a LoRA adapter (a peft folder): the model of the platform that it is for')
    .option('--chat-template <file>', 'a Jinja chat template, for models that have none')
    .addOption(
      new Option('--storage-dtype <dtype>', 'how the platform keeps the weights; int8 is lossy')
        .choices([...STORAGE_DTYPES])
        .default('original'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ preheat models import ./my-llama --name my-llama\n' +
        '  $ preheat models import Qwen/Qwen2.5-0.5B-Instruct\n' +
        '  $ HF_TOKEN=hf_… preheat models import meta-llama/Llama-3.2-1B-Instruct --storage-dtype bfloat16',
    )
    .action(async (source: string, _flags, command: Command) => {
      const session = openSession<ImportFlags>(command, io);
      const { client, flags } = session;
      const { files, defaultName, origin } = await openSource(source, flags, io);
      const line = new ProgressLine(io.stderr, io.nowMs);
      const base = flags.base === undefined ? {} : { base: flags.base };
      const target = { name: flags.name ?? defaultName, storage_dtype: flags.storageDtype, ...base };
      const imported = await withTemplate(files, flags.chatTemplate, io, (all) =>
        uploadModel(client, all, target, {
          signal: io.signal,
          onProgress: (sent, total, name) =>
            line.update(`uploading ${formatBytes(sent)} of ${formatBytes(total)}: ${name}`),
        }).finally(() => line.end()),
      );
      session.show(imported, (result) => importTable(result, origin));
    });
}

/** The files with the given template in place of their own. */
async function withTemplate<T>(
  files: readonly LocalFile[],
  template: string | undefined,
  io: Io,
  run: (files: readonly LocalFile[]) => Promise<T>,
): Promise<T> {
  if (template === undefined) return run(files);
  const given = resolve(io.cwd, template);
  if (!isFile(given)) throw new UsageError(`${template} is not a file here`);
  const folder = mkdtempSync(join(tmpdir(), 'preheat-import-'));
  try {
    const path = join(folder, TEMPLATE_FILE);
    copyFileSync(given, path);
    const others = files.filter(({ name }) => name !== TEMPLATE_FILE);
    return await run([...others, { name: TEMPLATE_FILE, path, bytes: statSync(path).size }]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function importTable(imported: ModelImport, origin: string): string {
  const kept = imported.storage_dtype === 'original' ? 'kept as they came' : `kept as ${imported.storage_dtype}`;
  // Of an adapter no types are told.
  const types = imported.dtypes.length > 0 ? [imported.dtypes.join(' and ')] : [];
  const rows = [
    ['from', origin],
    [
      'family',
      `${imported.model_type}, ${imported.layers} layers, ${imported.parameters.toLocaleString('en')} parameters`,
    ],
    ['context', `${imported.context_tokens.toLocaleString('en')} tokens`],
    [
      'vocabulary',
      `${imported.vocabulary.toLocaleString('en')} tokens; an answer ends with ${imported.end_tokens.join(' or ')}`,
    ],
    ['chat template', imported.has_chat_template ? 'yes' : 'none: it can neither chat nor be trained'],
    ['weights', [`${imported.tensors} tensors`, ...types, formatBytes(imported.weight_bytes), kept].join(', ')],
    ['weight files', imported.weight_files.join(', ')],
    ...(imported.ignored.length > 0 ? [['left out', imported.ignored.join(', ')]] : []),
  ];
  const table = renderTable([{ title: 'IMPORTED' }, { title: imported.model }], rows);
  return `${table}\n\n${nextSteps(imported)}`;
}

function nextSteps({ model, has_chat_template }: ModelImport): string {
  if (has_chat_template) {
    return `Chat with it: preheat chat ${model} hello\nTrain it: preheat jobs create --model ${model} …`;
  }
  return `Give it a template: preheat models delete ${model}, then import it again with --chat-template FILE`;
}
