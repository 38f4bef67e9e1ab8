/**
 * Where alarms and the budget speak. Messages name an alarm and its state, no data of users. Not encrypted with AWS's own key:
 * its policy does not let CloudWatch and Budgets publish, and a key of one's own bills by the month.
 */
import { alarms as settings } from './settings.js';

export const alarmTopic = new aws.sns.Topic('Alarms', { name: `${$app.name}-${$app.stage}-alarms` });

const { accountId } = aws.getCallerIdentityOutput();

/** Only these services, only on behalf of this account, only over TLS. */
new aws.sns.TopicPolicy('AlarmsPolicy', {
  arn: alarmTopic.arn,
  policy: aws.iam.getPolicyDocumentOutput({
    statements: [
      {
        principals: [{ type: 'Service', identifiers: ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com'] }],
        actions: ['sns:Publish'],
        resources: [alarmTopic.arn],
        conditions: [
          { test: 'StringEquals', variable: 'aws:SourceAccount', values: [accountId] },
          { test: 'Bool', variable: 'aws:SecureTransport', values: ['true'] },
        ],
      },
    ],
  }).json,
});

if (settings.email) {
  new aws.sns.TopicSubscription('AlarmsByMail', { topic: alarmTopic.arn, protocol: 'email', endpoint: settings.email });
}
