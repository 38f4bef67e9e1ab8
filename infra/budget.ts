/**
 * Tells when the account costs more than it should, and from shares of that has the guard hold capacity. Of the whole account: costs by tag
 * are known only where somebody turned cost allocation tags on.
 */
import { alarmTopic } from './alarm-topic.js';
import { budgetGuard } from './budget-guard.js';
import { budget as settings } from './settings.js';

const told = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number, topic: aws.sns.Topic) => ({
  notificationType,
  threshold,
  thresholdType: 'PERCENTAGE',
  comparisonOperator: 'GREATER_THAN',
  subscriberSnsTopicArns: [topic.arn],
});

/** Those of the guard; one that is not beyond the first would hold capacity before its time. */
const heldAtPercent = budgetGuard
  ? [settings.heldAtPercent, ...settings.heldAgainAtPercent.filter((percent) => percent > settings.heldAtPercent)]
  : [];
/** AWS has one notification of a share, and tells one topic of it: the guard's, of which an alarm tells the others. */
const toldAtPercent = settings.toldAtPercent.filter((percent) => !heldAtPercent.includes(percent));

const guardTopic = budgetGuard?.topic;

export const budget = new aws.budgets.Budget('Budget', {
  name: `${$app.name}-${$app.stage}`,
  budgetType: 'COST',
  timeUnit: 'MONTHLY',
  limitUnit: 'USD',
  limitAmount: String(settings.monthlyDollars),
  notifications: [
    ...toldAtPercent.map((percent) => told('ACTUAL', percent, alarmTopic)),
    ...(guardTopic ? heldAtPercent.map((percent) => told('ACTUAL', percent, guardTopic)) : []),
    told('FORECASTED', 100, alarmTopic),
  ],
});
