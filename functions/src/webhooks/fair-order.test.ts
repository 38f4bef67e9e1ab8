import { expect, it } from 'vitest';
import { FairOrder } from './fair-order.js';

it('gives every project its turn, however many there are and however few go at once', async () => {
  const order = new FairOrder(4);
  const projects = Array.from({ length: 20 }, (_, index) => `proj-${index}`);
  for (const project of projects) for (const n of [1, 2, 3]) order.add(project, `${project}/${n}`);
  const sent: string[] = [];
  const lane = async () => {
    while (sent.length < 40) await order.next(async (key) => void sent.push(key));
  };
  await Promise.all([lane(), lane()]);
  expect(sent.slice(0, 20)).toEqual(projects.map((project) => `${project}/1`));
  expect(sent.slice(20, 40)).toEqual(projects.map((project) => `${project}/2`));
});
