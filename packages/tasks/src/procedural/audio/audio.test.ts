import { describe, expect, it } from 'vitest';
import { audio } from './audio.js';
import { answerTo, type SoundEvent } from './clip.js';

const heard = (text: string): SoundEvent[] =>
  text.split(' ').map((each) => ({ code: each[0], loudness: Number(each[1]), frames: 1 }) as SoundEvent);

describe('answerTo', () => {
  const events = heard('a3 b7 a2 c5 b1');

  it('counts, orders, and finds the loudest and what is loudest before the last of a kind', () => {
    expect(answerTo(events, 'count', 'a')).toBe('2');
    expect(answerTo(events, 'order', 'a')).toBe('b');
    expect(answerTo(events, 'loudest', 'a')).toBe('b');
    expect(answerTo(events, 'cause', 'c')).toBe('b');
    expect(answerTo(events, 'cause', 'b')).toBe('b');
    expect(answerTo(heard('a3 b7 a2'), 'cause', 'b')).toBe('a');
  });

  it('has none where nothing follows or precedes, or two are equally loud', () => {
    expect(answerTo(heard('a3 b7'), 'order', 'b')).toBeNull();
    expect(answerTo(heard('a3 b7'), 'cause', 'a')).toBeNull();
    expect(answerTo(heard('a7 b7'), 'loudest', 'a')).toBeNull();
  });
});

describe('audio', () => {
  const data = {
    events: heard('a3 b7 a2'),
    question: 'count' as const,
    about: 'a' as const,
    options: ['1', '3', '2', '0'],
  };
  const item = { id: 'x', prompt: '', data };

  it('writes four named parts, or the same parts in the same order without names', () => {
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
      expect(audio.oracle({ ...item, id }, { style: 'structured' })).toBe('P n a C a3 b7 a2 R a1 a2 S 2 #C');
      expect(audio.oracle({ ...item, id }, { style: 'steps' })).toBe('n a a3 b7 a2 a1 a2 2 #C');
    }
  });

  it('asks each kind of question, and has the answer once among four options', () => {
    const items = audio.generate({ seed: 1, count: 200, split: 'train' });
    expect(new Set(items.map((each) => each.data.question)).size).toBe(4);
    for (const { data: made } of items) {
      expect(new Set(made.options).size).toBe(4);
      expect(made.options).toContain(answerTo(made.events, made.question, made.about));
    }
  });
});
