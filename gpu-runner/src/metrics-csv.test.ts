import { expect, it } from 'vitest';
import { metricsCsv } from './metrics-csv.js';

it('has the columns of a supervised result file, empty where nothing was measured', () => {
  const events = [
    { step: 1, train_loss: 2, train_mean_token_accuracy: 0.5, learning_rate: 0.1, kind: 'metrics', phase: 0 },
    { step: 2, train_loss: 1, train_mean_token_accuracy: 0.75, valid_loss: 1.5, tokens_per_second: 9 },
  ];
  expect(metricsCsv('supervised', events)).toBe(
    [
      'step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy,learning_rate',
      '1,2,0.5,,,0.1',
      '2,1,0.75,1.5,,',
      '',
    ].join('\n'),
  );
});

it('names what is nested by its path, and quotes the names of graders', () => {
  const errors = { graders: [{ name: 'a,b', type: 'python', train_other_error_count: 3 }] };
  const [header, line] = metricsCsv('reinforcement', [{ step: 1, train_mean_reward: 0.5, errors }]).split('\n');
  expect(header).toBe(
    'step,train_mean_reward,full_valid_mean_reward,completion_tokens_mean,reasoning_tokens_mean,mean_unresponsive_rewards,"errors/graders/a,b/train_other_error_count"',
  );
  expect(line).toBe('1,0.5,,,,,3');
});
