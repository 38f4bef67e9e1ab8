/** `preheat chat`: one message to a model, streamed as it is written, or a conversation on a terminal. */
import { createInterface } from 'node:readline';
import { type ChatCompletion, type ChatCompletionRequest, PreheatError } from '@preheat/sdk';
import type { Command } from 'commander';
import { explainError } from '../explain-error.js';
import { type Io, UsageError } from '../io.js';
import { atLeast, numberBetween } from './arguments.js';
import { openSession, type Session } from './session.js';

interface ChatFlags {
  system?: string;
  temperature?: number;
  maxTokens?: number;
  seed?: number;
}

type Message = ChatCompletionRequest['messages'][number];

export function addChatCommand(program: Command, io: Io): void {
  program
    .command('chat <model> [message]')
    .description('talk to a model; without a message, a conversation (or one message from standard input)')
    .option('--system <text>', 'system message')
    .option('--temperature <number>', '0 is greedy', numberBetween(0, 2))
    .option('--max-tokens <number>', 'longest answer', atLeast(1))
    .option('--seed <number>', 'makes sampling repeatable', atLeast(0))
    .addHelpText(
      'after',
      "\nExamples:\n  $ preheat chat preheat-1m cat\n  $ echo cat | preheat chat 'ft:preheat-1m:local::abc' --temperature 0",
    )
    .action(async (model: string, message: string | undefined, _flags, command: Command) => {
      const session = openSession<ChatFlags>(command, io);
      const { system } = session.flags;
      const opening: Message[] = system === undefined ? [] : [{ role: 'system', content: system }];
      if (message === undefined && io.stdin.isTTY) return converse(session, model, opening);
      const content = message ?? (await allOf(io.stdin)).trim();
      if (content === '') throw new UsageError('no message: pass one, or write it to standard input');
      await answer(session, model, [...opening, { role: 'user', content }]);
    });
}

/** The terminal itself edits and echoes the line; its end (Ctrl-D) or Ctrl-C ends the conversation. */
async function converse(session: Session<ChatFlags>, model: string, messages: Message[]): Promise<void> {
  const { io } = session;
  const lines = createInterface({ input: io.stdin, terminal: false });
  io.signal.addEventListener('abort', () => lines.close(), { once: true });
  io.stderr.write('> ');
  for await (const line of lines) {
    if (line.trim() !== '') {
      messages.push({ role: 'user', content: line });
      const content = await answerOrReason(session, model, messages);
      // What could not be answered is no part of the conversation, and may be said in other words.
      if (content === undefined) messages.pop();
      else messages.push({ role: 'assistant', content });
    }
    io.stderr.write('> ');
  }
  io.stderr.write('\n');
}

/** As `answer`; undefined when the platform refused or could not be reached, once it was said why. */
async function answerOrReason(
  session: Session<ChatFlags>,
  model: string,
  messages: Message[],
): Promise<string | undefined> {
  try {
    return await answer(session, model, messages);
  } catch (error) {
    if (!(error instanceof PreheatError) || session.io.signal.aborted) throw error;
    session.io.stderr.write(`${explainError(error)}\n`);
    return undefined;
  }
}

/** Prints the answer and returns it. */
async function answer(session: Session<ChatFlags>, model: string, messages: Message[]): Promise<string> {
  const { client, flags, io } = session;
  const request = {
    model,
    messages,
    ...(flags.temperature === undefined ? {} : { temperature: flags.temperature }),
    ...(flags.maxTokens === undefined ? {} : { max_completion_tokens: flags.maxTokens }),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
  };
  if (flags.json) {
    const completion: ChatCompletion = await client.chat.completions.create(request, { signal: io.signal });
    session.show(completion, String);
    return completion.choices[0]?.message.content ?? '';
  }
  let text = '';
  for await (const chunk of await client.chat.completions.create({ ...request, stream: true }, { signal: io.signal })) {
    const piece = chunk.choices[0]?.delta.content ?? '';
    io.stdout.write(piece);
    text += piece;
  }
  io.stdout.write('\n');
  return text;
}

async function allOf(input: Io['stdin']): Promise<string> {
  let text = '';
  for await (const chunk of input.setEncoding('utf8')) text += chunk as string;
  return text;
}
