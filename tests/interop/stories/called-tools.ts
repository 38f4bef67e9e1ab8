/** Functions that a model may call: forced, streamed, answered and stored, through the clients' own readers of calls. */
import type OpenAI from 'openai-7';
import { toFile } from 'openai-7';
import { expect } from 'vitest';
import { toolModelBlobs } from '../../../functions/src/test-kit/tool-model.js';
import { upload } from '../../e2e/small-job.js';
import { waitFor } from '../../e2e/wait-for.js';
import { refusal, MODEL, type Story } from './story.js';

const TIMEOUT_MS = 240_000;
const parameters = {
  type: 'object',
  properties: { place: { enum: ['sea', 'hill'] }, today: { type: 'boolean' } },
  required: ['place', 'today'],
  additionalProperties: false,
};
const WEATHER = { type: 'function' as const, function: { name: 'weather', strict: true, parameters } };
const QUESTION = { role: 'user' as const, content: 'Rain?' };

export async function calledTools({ client, release }: Story): Promise<void> {
  const model = await importedModel(client, `tools-${release}`);
  const asked = { model, messages: [QUESTION], tools: [WEATHER], max_completion_tokens: 300, seed: 7 };
  const request = { ...asked, tool_choice: 'required' as const, parallel_tool_calls: false };
  const parsed = await client.chat.completions.parse({ ...request, store: true, metadata: { story: 'tools' } });
  const [choice] = parsed.choices;
  expect([choice?.finish_reason, choice?.message.content]).toEqual(['tool_calls', null]);
  const [call] = (choice?.message.tool_calls ?? []).flatMap((one) => (one.type === 'function' ? [one] : []));
  const values = call?.function.parsed_arguments as { place: string; today: boolean };
  expect([['sea', 'hill'].includes(values.place), typeof values.today]).toEqual([true, 'boolean']);
  const streamed = await client.chat.completions.stream(request).finalChatCompletion();
  expect(streamed.choices[0]?.finish_reason).toBe('tool_calls');
  expect(streamed.choices[0]?.message.tool_calls?.[0]).toMatchObject({
    function: { name: 'weather', arguments: call?.function.arguments },
  });
  await answered(client, asked, choice?.message as OpenAI.ChatCompletionMessage);
  expect((await client.chat.completions.retrieve(parsed.id)).choices[0]?.message.tool_calls?.[0]?.id).toBe(call?.id);
  await client.chat.completions.delete(parsed.id);
  const named = { type: 'function', function: { name: 'weather' } };
  const tool_choice = { type: 'allowed_tools' as const, allowed_tools: { mode: 'required' as const, tools: [named] } };
  const allowed = await client.chat.completions.create({ ...asked, tool_choice, parallel_tool_calls: false });
  expect(allowed.choices[0]?.message.tool_calls?.[0]).toMatchObject(named);
  await learnt(client, model);
  const unlisted = client.chat.completions.create({ ...request, model: MODEL });
  expect(await refusal(unlisted)).toMatchObject({ status: 400, code: 'invalid_request', param: 'tools' });
  await client.models.delete(model);
}

/** The result of a call goes back, and the model speaks again. */
async function answered(
  client: OpenAI,
  asked: OpenAI.ChatCompletionCreateParamsNonStreaming,
  { role, content, tool_calls }: OpenAI.ChatCompletionMessage,
): Promise<void> {
  const calls = (tool_calls ?? []).flatMap((call) => (call.type === 'function' ? [call] : []));
  const plain = calls.map(({ id, type, function: { name, arguments: text } }) => {
    return { id, type, function: { name, arguments: text } };
  });
  const result = { role: 'tool' as const, tool_call_id: plain[0]?.id ?? '', content: 'yes' };
  const messages = [QUESTION, { role, content, tool_calls: plain }, result];
  const next = await client.chat.completions.create({ ...asked, messages, max_completion_tokens: 8 });
  expect(typeof next.choices[0]?.message.content).toBe('string');
}

/** A job learns from calls and their results. */
async function learnt(client: OpenAI, model: string): Promise<void> {
  const call = {
    id: 'call00001',
    type: 'function',
    function: { name: 'weather', arguments: '{"place":"sea","today":true}' },
  };
  const messages = [
    QUESTION,
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: call.id, content: 'yes' },
    { role: 'assistant', content: 'It rains.' },
  ];
  const row = { messages, tools: [WEATHER], parallel_tool_calls: false };
  const file = await upload(client as never, 'calls.jsonl', new Array(8).fill(row), 'fine-tune');
  const method = { type: 'supervised' as const, supervised: { hyperparameters: { n_epochs: 1, batch_size: 4 } } };
  const { id } = await client.fineTuning.jobs.create({ model, training_file: file.id, method });
  const job = await waitFor(
    'the job ending',
    () => client.fineTuning.jobs.retrieve(id),
    ({ status }) => ['succeeded', 'failed', 'cancelled'].includes(status),
    TIMEOUT_MS,
  );
  expect(job).toMatchObject({ status: 'succeeded', error: null });
  await client.models.delete(job.fine_tuned_model ?? '');
}

/** Imports a model that calls functions, and returns its name. */
export async function importedModel(client: OpenAI, name: string): Promise<string> {
  const files = [];
  for (const [path, content] of toolModelBlobs('tagged')) {
    const file = await toFile(Buffer.from(content), path);
    const { id } = await client.files.create({ file, purpose: 'user_data' });
    files.push({ path, bytes: content.length, parts: [id] });
  }
  await client.post('/x/models', { body: { name, files } });
  return name;
}
