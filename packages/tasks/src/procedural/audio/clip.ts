/**
 * Symbolic recordings: events in order, each a code with a loudness that lasts some frames, and four kinds of questions
 * about them. The answer to a question is a count or a code.
 */

export const CODES = ['a', 'b', 'c', 'd', 'e', 'f', 'h', 'k'] as const;
export type Code = (typeof CODES)[number];

export interface SoundEvent {
  readonly code: Code;
  readonly loudness: number;
  readonly frames: number;
}

/**
 * `count`: how often an event is heard. `loudest`: which one is. `order`: which comes right after the first of a kind.
 * `cause`: which is the loudest before the last of a kind, the last of several.
 */
export const QUESTIONS = ['count', 'loudest', 'order', 'cause'] as const;
export type Question = (typeof QUESTIONS)[number];

const LETTERS: Readonly<Record<Question, string>> = { count: 'n', loudest: 'l', order: 'o', cause: 'c' };

/** As a prompt and a plan say it: `n a`, `l`. */
export const asked = (question: Question, about: Code): string =>
  question === 'loudest' ? LETTERS[question] : `${LETTERS[question]} ${about}`;

/** `a3a3-b7`: one entry a frame. */
export const spectrogram = (events: readonly SoundEvent[]): string =>
  events.map(({ code, loudness, frames }) => `${code}${loudness}`.repeat(frames)).join('-');

const named = ({ code, loudness }: SoundEvent): string => `${code}${loudness}`;

export const caption = (events: readonly SoundEvent[]): string => events.map(named).join(' ');

/** The answer; null where the clip has none, or more than one. */
export function answerTo(events: readonly SoundEvent[], question: Question, about: Code): string | null {
  const codes = events.map(({ code }) => code);
  switch (question) {
    case 'count':
      return String(codes.filter((code) => code === about).length);
    case 'loudest':
      return soleLoudest(events);
    case 'order':
      return codes.includes(about) ? (codes[codes.indexOf(about) + 1] ?? null) : null;
    case 'cause':
      return soleLoudest(events.slice(0, Math.max(0, codes.lastIndexOf(about))));
  }
}

/** What is looked at on the way to the answer. */
export function reasoning(events: readonly SoundEvent[], question: Question, about: Code): string {
  const codes = events.map(({ code }) => code);
  switch (question) {
    case 'count':
      return codes
        .filter((code) => code === about)
        .map((code, i) => `${code}${i + 1}`)
        .join(' ');
    case 'loudest':
      return growing(events);
    case 'order':
      return `${about} ${codes[codes.indexOf(about) + 1]}`;
    case 'cause':
      return growing(events.slice(0, codes.lastIndexOf(about)));
  }
}

function soleLoudest(events: readonly SoundEvent[]): string | null {
  const most = Math.max(0, ...events.map(({ loudness }) => loudness));
  const loudest = new Set(events.filter(({ loudness }) => loudness === most).map(({ code }) => code));
  return loudest.size === 1 ? ([...loudest][0] ?? null) : null;
}

/** Every event that is louder than all before it. */
function growing(events: readonly SoundEvent[]): string {
  let most = 0;
  return events
    .filter(({ loudness }) => loudness > most && (most = loudness) > 0)
    .map(named)
    .join(' ');
}
