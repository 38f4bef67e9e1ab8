/**
 * One chat template (Jinja, as Hugging Face stores it), parsed once. The template is the only authority on how a
 * conversation is written; nothing else in the platform knows role markers or turn ends.
 */
import { Environment, Interpreter, Template } from '@huggingface/jinja';
import { fixedDate } from './fixed-date.js';
import { TokenizerError } from './tokenizer-error.js';

export interface RenderOptions {
  /** Append what makes the model speak next. Default false. */
  readonly addGenerationPrompt?: boolean | undefined;
  /** Function tools, for templates that list them. */
  readonly tools?: readonly unknown[] | undefined;
}

export type RenderTemplate = (messages: readonly Record<string, unknown>[], options: RenderOptions) => string;

/**
 * @param specialTokens `bos_token`, `eos_token`, … as the template may print them.
 * @throws {TokenizerError} `template_failed` when the source cannot be parsed.
 */
export function chatTemplate(source: string, specialTokens: Readonly<Record<string, string>>): RenderTemplate {
  const { parsed } = attempt('cannot be parsed', () => new Template(source));
  const clock = ASKS_FOR_CLOCK.test(source) ? {} : { strftime_now: fixedDate };
  return (messages, { addGenerationPrompt = false, tools = null }) =>
    attempt('refused these messages', () => {
      // What is not given is none, as in transformers: templates ask `tools is not none`, which holds of what is undefined.
      const conversation = { messages, tools, documents: null, add_generation_prompt: addGenerationPrompt };
      const environment = environmentOf({ ...clock, ...specialTokens, ...conversation });
      const rendered = new Interpreter(environment).run(parsed);
      return String(rendered.value);
    });
}

const CONSTANTS = { true: true, True: true, false: false, False: false, none: null, None: null };

/** Templates that test whether there is a clock have a date of their own for where there is none; the others are given one. */
const ASKS_FOR_CLOCK = /\bstrftime_now\s+is\s+(not\s+)?defined\b/;

/** The globals of a chat template, made once. */
const GLOBALS = new Environment();
for (const [name, value] of Object.entries({ ...CONSTANTS, range, raise_exception: raise })) GLOBALS.set(name, value);

function raise(message: string): never {
  throw new Error(message);
}

function environmentOf(variables: Readonly<Record<string, unknown>>): Environment {
  const environment = new Environment(GLOBALS);
  for (const [name, value] of Object.entries(variables)) environment.set(name, value);
  return environment;
}

/** Python's `range`. */
function range(first: number, second?: number, step = 1): number[] {
  if (step === 0) throw new Error('range() step must not be zero');
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const count = Math.max(0, Math.ceil((stop - start) / step));
  return Array.from({ length: count }, (_, i) => start + i * step);
}

function attempt<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TokenizerError('template_failed', `The chat template ${what}: ${reason}`, { cause });
  }
}
