/** Finds resources in a synthesis and reads the JSON that AWS resources carry as strings. */
import { expect } from 'vitest';
import type { MockResource } from './mock-cloud.js';

export interface PolicyStatement {
  effect?: string;
  principals?: { type: string; identifiers: string[] }[];
  conditions?: object[];
  actions: string[];
  resources: string[];
}

/** Inputs of the single resource of a type whose name is or matches `name`; fails the test otherwise. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- inputs are as wide as AWS; tests read a few leaves.
export function only(resources: MockResource[], type: string, name: string | RegExp): Record<string, any> {
  const found = resources.filter((resource) => resource.type === type && matches(resource.name, name));
  expect(
    found.map((resource) => resource.name),
    `resources of type ${type} named ${name}`,
  ).toHaveLength(1);
  return (found[0] as MockResource).inputs;
}

export function all(resources: MockResource[], type: string): MockResource[] {
  return resources.filter((resource) => resource.type === type);
}

function matches(text: string, pattern: string | RegExp): boolean {
  return typeof pattern === 'string' ? text === pattern : pattern.test(text);
}

/** Statements of every identity policy written in the program, by role name; managed policies are not among them. */
export function statementsByRole(resources: MockResource[]): Map<string, PolicyStatement[]> {
  const byRole = new Map<string, PolicyStatement[]>();
  const add = (role: string, json: string) => byRole.set(role, [...(byRole.get(role) ?? []), ...statements(json)]);
  for (const role of all(resources, 'aws:iam/role:Role')) {
    const inline = (role.inputs.inlinePolicies ?? []) as { policy: string }[];
    for (const { policy } of inline) add(role.name, policy);
  }
  for (const { inputs } of all(resources, 'aws:iam/rolePolicy:RolePolicy')) {
    add(inputs.role as string, inputs.policy as string);
  }
  return byRole;
}

/** Policies of the endpoints of the network, by the service that each leads to. */
export function endpointPolicies(resources: MockResource[], region: string): Record<string, PolicyStatement[]> {
  const endpoints = all(resources, 'aws:ec2/vpcEndpoint:VpcEndpoint').map(({ inputs }) => inputs);
  const serviceOf = (name: unknown) => String(name).replace(`com.amazonaws.${region}.`, '');
  return Object.fromEntries(
    endpoints.map(({ serviceName, policy }) => [serviceOf(serviceName), statements(String(policy))]),
  );
}

function statements(policyJson: string): PolicyStatement[] {
  return (JSON.parse(policyJson) as { Statement: PolicyStatement[] }).Statement;
}

/** What a role may do to the resources whose name contains `resource`. */
export function actionsOn(roles: Map<string, PolicyStatement[]>, role: string, resource: string): string[] {
  const granted = (roles.get(role) ?? []).filter(({ resources }) => resources.some((arn) => arn.includes(resource)));
  return granted.flatMap(({ actions }) => actions).sort();
}

interface StoredRoute {
  readonly namespace: string;
  /** What a route leads to, and beside it under the same namespace: where from. */
  readonly entries?: { readonly metadata?: string };
  readonly entry?: string;
}

/** Where the public address sends requests: the first label of the host, by the path that they are on or below. */
export function originsByPath(resources: MockResource[]): Record<string, string> {
  const stored = all(resources, 'pulumi-nodejs:dynamic:Resource').map(({ inputs }) => inputs as unknown as StoredRoute);
  const originOf = ({ entries }: StoredRoute): string =>
    (JSON.parse(entries?.metadata ?? '{}') as { host?: string }).host?.split('.')[0] ?? '';
  const origins = new Map(stored.filter(originOf).map((route) => [route.namespace, originOf(route)]));
  const routes = stored.flatMap(({ entry }) => (entry === undefined ? [] : [entry.split(',')]));
  return Object.fromEntries(routes.map(([, namespace = '', , path = '']) => [path, origins.get(namespace) ?? '']));
}

/** A function's variables. Pulumi wraps values that come from a secret; `secret` says whether it did. */
export function environmentOf(resources: MockResource[], functionName: RegExp) {
  const { environment } = only(resources, 'aws:lambda/function:Function', functionName);
  const secret = 'value' in environment;
  const variables = (secret ? environment.value : environment).variables as Record<string, string>;
  const ours = Object.entries(variables).filter(([name]) => name.startsWith('PREHEAT_'));
  return { secret, variables: Object.fromEntries(ours) };
}
