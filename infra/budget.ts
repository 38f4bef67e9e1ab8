/**
 * Says when the account costs more than it should; how many runners there may be is bounded by `runner.maxRunners`. Of the whole
 * account: costs by tag are known only where somebody turned cost allocation tags on.
 */
import { alarmTopic } from './alarm-topic.js';
import { budget as settings } from './settings.js';

const told = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number) => ({
  notificationType,
  threshold,
  thresholdType: 'PERCENTAGE',
  comparisonOperator: 'GREATER_THAN',
  subscriberSnsTopicArns: [alarmTopic.arn],
});

export const budget = new aws.budgets.Budget('Budget', {
  name: `${$app.name}-${$app.stage}`,
  budgetType: 'COST',
  timeUnit: 'MONTHLY',
  limitUnit: 'USD',
  limitAmount: String(settings.monthlyDollars),
  notifications: [...settings.toldAtPercent.map((percent) => told('ACTUAL', percent)), told('FORECASTED', 100)],
});
