import { expect, it } from 'vitest';
import { headlineMetrics } from './headline-metrics.js';

it('prefers validation to training, and never shows more than two', () => {
  const metrics = { gradient_norm: 1, train_loss: 0.5, train_mean_token_accuracy: 0.8, full_valid_loss: 0.6 };
  expect(headlineMetrics(metrics)).toEqual([
    ['full_valid_loss', 0.6],
    ['train_loss', 0.5],
  ]);
  expect(headlineMetrics({ gradient_norm: 1 })).toEqual([]);
});
