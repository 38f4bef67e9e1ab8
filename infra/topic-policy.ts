/**
 * Who may publish to a topic: services of AWS, on behalf of this account only, and nobody over plain HTTP. That is a refusal rather than a
 * condition of what is allowed: a service that does not say how it came would be refused in silence, and nobody told.
 */
const { accountId } = aws.getCallerIdentityOutput();

/** @param services Such as `budgets.amazonaws.com`. */
export function publishedBy(name: string, topic: aws.sns.Topic, services: readonly string[]): void {
  const publishing = { actions: ['sns:Publish'], resources: [topic.arn] };
  new aws.sns.TopicPolicy(name, {
    arn: topic.arn,
    policy: aws.iam.getPolicyDocumentOutput({
      statements: [
        {
          ...publishing,
          principals: [{ type: 'Service', identifiers: [...services] }],
          conditions: [{ test: 'StringEquals', variable: 'aws:SourceAccount', values: [accountId] }],
        },
        {
          ...publishing,
          effect: 'Deny',
          principals: [{ type: '*', identifiers: ['*'] }],
          conditions: [{ test: 'Bool', variable: 'aws:SecureTransport', values: ['false'] }],
        },
      ],
    }).json,
  });
}
