/**
 * The address at which a function answers HTTP. Processes that are kept started, and snapshots, belong to a published version,
 * while SST's own URL calls the unpublished one and would leave them idle: then the URL is that of an alias of the last version.
 */
import { functions } from './settings.js';

const ALIAS = 'live';

/** Whether versions have to be published for what is asked for. */
export const isPublished = (provisioned: number): boolean => provisioned > 0 || functions.snapStart !== 'None';

export function publicUrl(name: string, fn: sst.aws.Function, provisioned: number): $util.Input<string> {
  if (!isPublished(provisioned)) return fn.url;
  const { version } = fn.nodes.function;
  const live = new aws.lambda.Alias(`${name}Live`, {
    name: ALIAS,
    functionName: fn.name,
    functionVersion: version,
  });
  if (provisioned > 0) {
    new aws.lambda.ProvisionedConcurrencyConfig(`${name}KeptStarted`, {
      functionName: fn.name,
      qualifier: live.name,
      provisionedConcurrentExecutions: provisioned,
    });
  }
  const called = { function: fn.name, qualifier: live.name, principal: '*' };
  new aws.lambda.Permission(`${name}LiveUrlAccess`, {
    ...called,
    action: 'lambda:InvokeFunctionUrl',
    functionUrlAuthType: 'NONE',
  });
  // AWS asks for both, as SST grants both.
  new aws.lambda.Permission(`${name}LiveInvoke`, {
    ...called,
    action: 'lambda:InvokeFunction',
    invokedViaFunctionUrl: true,
  });
  return new aws.lambda.FunctionUrl(`${name}LiveUrl`, {
    functionName: fn.name,
    qualifier: live.name,
    authorizationType: 'NONE',
    invokeMode: 'RESPONSE_STREAM',
  }).functionUrl;
}
