/**
 * Acts when the budget is spent: a topic that only the budget publishes to calls a function, which writes into the store that no job and no
 * runner is started. What the message says is prose, so that it comes is what counts. `npm run operator -- capacity lift --budget` takes it back.
 */
import { bundledHandler } from './bundle.js';
import { storeEnvironment } from './environment.js';
import { functionDefaults } from './function-defaults.js';
import { writeHold } from './permissions.js';
import { budget, budgetGuard as settings } from './settings.js';
import { publishedBy } from './topic-policy.js';

/** Undefined where the budget is only told of. */
export const budgetGuard = budget.heldAtPercent > 0 ? guarded() : undefined;

function guarded() {
  const topic = new aws.sns.Topic('BudgetSpent', { name: `${$app.name}-${$app.stage}-budget-spent` });
  publishedBy('BudgetSpentPolicy', topic, ['budgets.amazonaws.com']);
  const guard = new sst.aws.Function('BudgetGuard', {
    ...bundledHandler('functions/src/lambda/budget.handler'),
    ...functionDefaults,
    memory: settings.memory,
    timeout: settings.timeout,
    environment: { ...storeEnvironment, PREHEAT_ON_BUDGET: budget.running },
    permissions: writeHold,
  });
  const isCalled = new aws.lambda.Permission('BudgetGuardIsCalled', {
    function: guard.name,
    action: 'lambda:InvokeFunction',
    principal: 'sns.amazonaws.com',
    sourceArn: topic.arn,
  });
  new aws.sns.TopicSubscription(
    'BudgetGuardIsTold',
    { topic: topic.arn, protocol: 'lambda', endpoint: guard.arn },
    { dependsOn: [isCalled] },
  );
  return { topic, functionName: guard.name };
}
