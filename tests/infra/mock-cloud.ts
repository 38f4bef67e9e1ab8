/**
 * The cloud as Pulumi's mock monitor sees it: every resource "exists" at once, with just the outputs that SST's
 * components and our program read back. Proves structure and policies; not that AWS accepts the values.
 */
export interface MockResource {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  id?: string;
}

export interface MockCall {
  token: string;
  inputs: Record<string, unknown>;
}

export const MOCK_ACCOUNT = '000000000000';
export const MOCK_REGION = 'eu-central-1';

type Outputs = Record<string, unknown>;

const arn = (service: string, name: string) => `arn:aws:${service}:${MOCK_REGION}:${MOCK_ACCOUNT}:${name}`;
const key = Buffer.alloc(32).toString('base64');

const outputsByType: Record<string, (resource: MockResource) => Outputs> = {
  'aws:s3/bucket:Bucket': ({ name }) => ({ bucket: name, arn: `arn:aws:s3:::${name}` }),
  'aws:sqs/queue:Queue': ({ name }) => ({
    arn: arn('sqs', name),
    url: `https://sqs.${MOCK_REGION}.amazonaws.com/${MOCK_ACCOUNT}/${name}`,
  }),
  'aws:lambda/functionUrl:FunctionUrl': ({ name }) => ({
    functionUrl: `https://${name.toLowerCase()}.lambda-url.${MOCK_REGION}.on.aws/`,
  }),
  'aws:ecr/repository:Repository': ({ name }) => ({
    arn: arn('ecr', name),
    repositoryUrl: `${MOCK_ACCOUNT}.dkr.ecr.${MOCK_REGION}.amazonaws.com/${name.toLowerCase()}`,
  }),
};

/** State of a newly created resource: its inputs, plus the outputs that AWS would add. */
export function createdState(resource: MockResource): Outputs {
  const specific = outputsByType[resource.type]?.(resource) ?? {
    arn: arn('mock', resource.name),
    domainName: `${resource.name.toLowerCase()}.example.invalid`,
    hex: 'abcd',
    result: 'random',
    base64: key,
    b64Std: key,
  };
  return { name: resource.name, ...resource.inputs, ...specific };
}

const answersByToken: Record<string, (inputs: Outputs) => Outputs> = {
  'aws:index/getRegion:getRegion': () => ({ region: MOCK_REGION, name: MOCK_REGION, id: MOCK_REGION }),
  'aws:index/getPartition:getPartition': () => ({ partition: 'aws', dnsSuffix: 'amazonaws.com' }),
  'aws:index/getCallerIdentity:getCallerIdentity': () => ({ accountId: MOCK_ACCOUNT }),
  'aws:index/getAvailabilityZones:getAvailabilityZones': () => ({
    names: ['a', 'b', 'c'].map((zone) => MOCK_REGION + zone),
    zoneIds: ['z1', 'z2', 'z3'],
  }),
  // SST builds a role's inline policy only when the statements come back.
  'aws:iam/getPolicyDocument:getPolicyDocument': (inputs) => ({ json: policyJson(inputs.statements) }),
  'aws:ssm/getParameter:getParameter': () => ({ value: 'ami-00000000' }),
};

export function answerCall(call: MockCall): Outputs {
  return { ...call.inputs, ...answersByToken[call.token]?.(call.inputs) };
}

function policyJson(statements: unknown): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}
