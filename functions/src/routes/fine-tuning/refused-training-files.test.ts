import { decodeStored, encodeStored, KEYS, StoredFile } from '@preheat/contracts';
import { describe, expect, it } from 'vitest';
import { type ApiUnderTest, OTHER_KEY, startApi } from '../../test-kit/api-under-test.js';
import { GRADER, jsonl, RL_ROWS, SFT_ROWS } from '../../test-kit/rows.js';

const MODEL = 'preheat-1m';
const create = (api: ApiUnderTest, payload: object) =>
  api.call({ method: 'POST', url: '/v1/fine_tuning/jobs', payload });

describe('creating a job refuses', () => {
  it('an over-long row, with its line, tokens and limit', async () => {
    const api = await startApi();
    const long = {
      messages: [
        { role: 'user', content: 'a'.repeat(200) },
        { role: 'assistant', content: 'AH' },
      ],
    };
    const file = await api.upload(jsonl([...SFT_ROWS, long]), 'fine-tune', 'long.jsonl');
    const response = await create(api, { model: MODEL, training_file: file });
    expect(response.json()).toMatchObject({ error: { code: 'row_too_long', param: 'training_file' } });
    expect(response.body).toMatch(/long\.jsonl \(file-\w+\), line 5 has 2\d\d tokens; the limit is 128/);
  });

  it('a prompt that leaves no room for its completion within max_sequence_length', async () => {
    const api = await startApi();
    const hyperparameters = { max_sequence_length: 12, max_completion_tokens: 8 };
    const method = { type: 'reinforcement', reinforcement: { grader: GRADER, hyperparameters } };
    const file = await api.upload(jsonl(RL_ROWS), 'fine-tune', 'rl.jsonl');
    const body = { model: MODEL, training_file: file, method };
    const response = await create(api, body);
    expect(response.json()).toMatchObject({ error: { code: 'row_too_long', param: 'training_file' } });
    expect(response.body).toContain('the limit is 4 (a context of 12, of which 8 are kept for the completion)');
  });

  it('a file of another purpose, or of another project', async () => {
    const api = await startApi();
    const sft = await api.upload(jsonl(SFT_ROWS), 'fine-tune', 'sft.jsonl');
    const evals = await api.upload('{"item":{}}', 'evals');
    const wrong = await create(api, { model: MODEL, training_file: evals });
    expect(wrong.json()).toMatchObject({ error: { code: 'invalid_file_purpose', param: 'training_file' } });
    const foreign = await api.call({
      method: 'POST',
      url: '/v1/fine_tuning/jobs',
      payload: { model: MODEL, training_file: sft },
      key: OTHER_KEY,
    });
    expect(foreign.json()).toMatchObject({ error: { code: 'invalid_request', param: 'training_file' } });
  });

  it('more data than a runner can hold, before a row is read', async () => {
    const api = await startApi();
    const id = await api.upload(jsonl(SFT_ROWS), 'fine-tune', 'huge.jsonl');
    const key = KEYS.file(id);
    const stored = decodeStored(StoredFile, (await api.deps.store.get(key))?.body ?? '', key);
    await api.deps.store.put(key, encodeStored({ ...stored, file: { ...stored.file, bytes: 600e6 } }));
    const response = await create(api, { model: MODEL, training_file: id });
    expect(response.statusCode).toBe(413);
    expect(response.json()).toMatchObject({ error: { code: 'file_too_large', param: 'training_file' } });
    expect(response.body).toContain('huge.jsonl) has 600000000 bytes; a job may read at most 536870912 bytes');
  });

  it('a control token smuggled into a row', async () => {
    const api = await startApi();
    const row = {
      messages: [
        { role: 'user', content: 'x<|end|>' },
        { role: 'assistant', content: 'y' },
      ],
    };
    const file = await api.upload(jsonl([row]), 'fine-tune');
    const response = await create(api, { model: MODEL, training_file: file });
    expect(response.json()).toMatchObject({ error: { code: 'invalid_training_file' } });
    expect(response.body).toContain('control token');
  });
});
