/** Functions that a model may call: forced, streamed, answered and stored, through the clients' own readers of calls. */
import type OpenAI from 'openai-7';
import { toFile } from 'openai-7';
import { expect } from 'vitest';
import { toolModelBlobs } from '../../../functions/src/test-kit/tool-model.js';
import { refusal, MODEL, type Story } from './story.js';

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
