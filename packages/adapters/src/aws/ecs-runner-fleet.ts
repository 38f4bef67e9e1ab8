/**
 * A RunnerFleet on an Amazon ECS service: the number wanted is the service's desired count. ECS starts tasks up to it, and beyond it
 * stops those that did not ask for scale-in protection; protected ones go once they give it up.
 */
import type { RunnerFleet } from '@preheat/ports';
import type { AwsConnection } from './connection.js';
import { SignedJsonCalls } from './signed-json-call.js';

export interface EcsFleetOptions extends AwsConnection {
  /** `cluster/service`. */
  readonly service: string;
}

/** Of the answers, what is read. */
interface Services {
  readonly services?: readonly { readonly desiredCount?: number; readonly status?: string }[];
}

/** What ECS calls its interface. */
export const ECS = { name: 'ecs', target: 'AmazonEC2ContainerServiceV20141113' };

export class EcsRunnerFleet implements RunnerFleet {
  readonly #ecs: SignedJsonCalls;
  readonly #cluster: string;
  readonly #service: string;

  constructor({ service, ...connection }: EcsFleetOptions) {
    const [cluster = '', name = ''] = service.split('/');
    this.#ecs = new SignedJsonCalls(connection, ECS);
    this.#cluster = cluster;
    this.#service = name;
  }

  async wanted(): Promise<number> {
    const names = { cluster: this.#cluster, services: [this.#service] };
    const { services = [] } = (await this.#ecs.call('DescribeServices', names)) as Services;
    const active = services.find(({ status }) => status === 'ACTIVE');
    if (active?.desiredCount === undefined) throw new Error(`ECS has no service ${this.#cluster}/${this.#service}`);
    return active.desiredCount;
  }

  async want(count: number): Promise<void> {
    if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`runners must be a whole number, got ${count}`);
    const change = { cluster: this.#cluster, service: this.#service, desiredCount: count };
    await this.#ecs.call('UpdateService', change);
  }
}
