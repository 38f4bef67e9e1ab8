/** Windows of texts as rows: the answer is the window, and the prompt the same for all, so that nothing but the text is learned. */
import { CounterRandom } from '@preheat/ports';
import { languageText, PROSE, proseText } from '@preheat/datasets';
import type { SplitPart } from '@preheat/tasks';
import type { TextRows } from './experiment.js';

const PROMPT = ':';

/** Windows begin where the stream says, and may overlap. @throws Error for a text that is shorter than a window. */
export function textRows({ text, rows, characters, keys }: TextRows, stream: number, isTraining: boolean) {
  // Held-out texts of languages are a few articles: both parts together.
  const parts: SplitPart[] = isTraining ? ['train'] : ['validation', 'test'];
  const whole = plain(parts.flatMap((part) => (text === PROSE ? proseText(part) : languageText(text, part))).join(' '));
  const last = whole.length - characters;
  if (last < 0)
    throw new Error(`the text ${text} has ${whole.length} characters, fewer than a window of ${characters}`);
  const random = CounterRandom.fromSeed(`text ${text} ${stream}`);
  return Array.from({ length: rows }, (_, i) => {
    const start = random.fork(String(i)).int(last + 1);
    const messages = [
      { role: 'user', content: PROMPT },
      { role: 'assistant', content: whole.slice(start, start + characters) },
    ];
    return { messages, ...keys };
  });
}

/** Lower-case letters without marks: what the bases' tokenizers have tokens for. */
export const plain = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^ -~]+/g, ' ')
    .replaceAll(/ +/g, ' ');
