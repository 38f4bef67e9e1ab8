import { expect, it } from 'vitest';
import { DATA_BYTES_MAX, type DataFile, refuseTooMuchData } from './data-files-limit.js';

const file = (id: string, bytes: number, path = 'training_file'): DataFile => ({
  stored: { file: { id, filename: `${id}.jsonl`, bytes } } as DataFile['stored'],
  path,
});

it('takes what a runner can hold, a file of several phases once', () => {
  const half = file('file-a', DATA_BYTES_MAX / 2);
  refuseTooMuchData([half, half, half, file('file-b', DATA_BYTES_MAX / 2, 'validation_file')]);
});

it('names the file that is too large, its size and the limit', () => {
  expect(() => refuseTooMuchData([file('file-a', 600e6)])).toThrow(
    /'training_file' \(file-a, file-a\.jsonl\) has 600000000 bytes; a job may read at most 536870912 bytes/,
  );
  const error = (() => {
    try {
      refuseTooMuchData([file('file-a', DATA_BYTES_MAX), file('file-b', 1, 'validation_file')]);
    } catch (caught) {
      return caught;
    }
  })();
  expect(error).toMatchObject({
    code: 'file_too_large',
    param: 'validation_file',
    message: expect.stringContaining(`has 1 bytes, and ${DATA_BYTES_MAX + 1} with the job's other data files`),
  });
});
