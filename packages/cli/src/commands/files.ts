/** `preheat files …`: upload, list, read and delete data files. */
import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { FileObject } from '@preheat/sdk';
import { type Command, Option } from 'commander';
import { formatUnixSeconds } from '../duration.js';
import { type Io, type Output, UsageError } from '../io.js';
import { printable } from '../printable.js';
import { renderTable } from '../table.js';
import { atLeast } from './arguments.js';
import { openSession } from './session.js';
import { isFile } from './upload.js';

const DEFAULT_LIST = 50;

export function addFilesCommand(program: Command, io: Io): void {
  const files = program.command('files').description('upload, list, read and delete data files');
  files
    .command('upload <paths...>')
    .description('upload JSONL files; every line is checked')
    .addOption(new Option('--purpose <purpose>', 'what for').choices(['fine-tune', 'evals']).default('fine-tune'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ preheat files upload rows.jsonl\n  $ preheat files upload --purpose evals test.jsonl',
    )
    .action(async (paths: string[], _flags, command: Command) => {
      const session = openSession<{ purpose: 'fine-tune' | 'evals' }>(command, io);
      const missing = paths.find((path) => !isFile(resolve(io.cwd, path)));
      if (missing !== undefined) throw new UsageError(`${missing} is not a file here`);
      const uploaded: FileObject[] = [];
      for (const path of paths) {
        const { purpose } = session.flags;
        uploaded.push(await session.client.files.create(resolve(io.cwd, path), { purpose }, { signal: io.signal }));
      }
      session.show(uploaded, fileTable);
    });
  files
    .command('list')
    .description('list files, newest first')
    .option('--purpose <purpose>', 'only these')
    .option('--limit <number>', 'at most this many', atLeast(1), DEFAULT_LIST)
    .action(async (_flags, command: Command) => {
      const session = openSession<{ purpose?: string; limit: number }>(command, io);
      const { purpose, limit } = session.flags;
      session.show(await session.client.files.list(purpose ? { purpose } : {}).toArray(limit), fileTable);
    });
  files
    .command('get <file>')
    .description('show a file, or write its content with --content or --output')
    .option('--content', 'write the content to standard output')
    .option('--output <path>', 'write the content to a file')
    .action(async (id: string, _flags, command: Command) => {
      const session = openSession<{ content?: boolean; output?: string }>(command, io);
      const { content, output } = session.flags;
      if (!content && !output) return session.show([await session.client.files.retrieve(id)], fileTable);
      const { body } = await session.client.files.content(id, { signal: io.signal });
      const bytes = body ? Readable.fromWeb(body as ReadableStream) : Readable.from([]);
      if (output) await pipeline(bytes, createWriteStream(resolve(io.cwd, output)));
      else for await (const chunk of bytes) await written(io.stdout, chunk as Uint8Array);
    });
  files
    .command('delete <files...>')
    .description('delete files')
    .action(async (ids: string[], _flags, command: Command) => {
      const session = openSession(command, io);
      const deleted = [];
      for (const id of ids) deleted.push(await session.client.files.delete(id));
      session.show(deleted, (all) => all.map(({ id }) => `deleted ${id}`).join('\n'));
    });
}

/** Waits until the bytes are taken: a file may be larger than the memory. */
const written = (output: Output, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => void output.write(bytes, resolve));

function fileTable(files: readonly FileObject[]): string {
  if (files.length === 0) return 'no files yet: `preheat files upload <path>`';
  return renderTable(
    [
      { title: 'FILE' },
      { title: 'NAME' },
      { title: 'PURPOSE' },
      { title: 'BYTES', align: 'right' },
      { title: 'STATUS' },
      { title: 'CREATED (UTC)' },
    ],
    files.map((file) => [
      file.id,
      printable(file.filename),
      file.purpose,
      String(file.bytes),
      file.status,
      formatUnixSeconds(file.created_at),
    ]),
  );
}
