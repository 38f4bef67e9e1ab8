/**
 * Where alarms and the budget speak. Messages name an alarm and its state, no data of users. Not encrypted with AWS's own key:
 * its policy does not let CloudWatch and Budgets publish, and a key of one's own bills by the month.
 */
import { alarms as settings } from './settings.js';
import { publishedBy } from './topic-policy.js';

export const alarmTopic = new aws.sns.Topic('Alarms', { name: `${$app.name}-${$app.stage}-alarms` });
publishedBy('AlarmsPolicy', alarmTopic, ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com']);

if (settings.email) {
  new aws.sns.TopicSubscription('AlarmsByMail', { topic: alarmTopic.arn, protocol: 'email', endpoint: settings.email });
}
