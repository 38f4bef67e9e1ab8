import { expect, it } from 'vitest';
import { majorityIsRight } from './majority-vote.js';

const right = (text: string) => ({ text, isRight: true });
const wrong = (text: string) => ({ text, isRight: false });

it('takes the answer that most give, whatever stands before it', () => {
  expect(majorityIsRight([wrong('#7'), right('1+7=8 #8'), right('#8'), wrong('#9')])).toBe(true);
  expect(majorityIsRight([wrong('#7'), wrong('3+4=7 #7'), right('#8')])).toBe(false);
});

it('takes the first of equally many, and no vote from what has no answer', () => {
  expect(majorityIsRight([right('#8'), wrong('#7')])).toBe(true);
  expect(majorityIsRight([wrong('seven'), wrong('seven'), right('#8')])).toBe(true);
  expect(majorityIsRight([wrong('seven')])).toBe(false);
});
