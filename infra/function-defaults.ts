/**
 * What every Lambda function here has in common. SST 4.17 also lets any principal of the account assume a function's
 * role (it needs that in `sst dev`); the transform takes that back.
 */
import { functions } from './settings.js';

export const functionDefaults = {
  runtime: functions.runtime,
  architecture: functions.architecture,
  logging: { retention: functions.logRetention, format: 'json' },
  transform: {
    function: functions.snapStart === 'None' ? {} : { snapStart: { applyOn: functions.snapStart } },
    role: { assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: 'lambda.amazonaws.com' }) },
  },
} satisfies Partial<sst.aws.FunctionArgs>;
