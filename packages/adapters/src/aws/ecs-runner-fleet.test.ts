import { afterAll, describe, expect, it } from 'vitest';
import { ECS, EcsRunnerFleet } from './ecs-runner-fleet.js';
import { SignedJsonCalls } from './signed-json-call.js';
import { startMoto, WIRE_ACCESS } from './wire-servers/index.js';

const moto = await startMoto();
afterAll(() => moto?.stop());

describe.skipIf(!moto)(`an ECS service of runners${moto ? '' : ' (skipped: needs moto_server)'}`, () => {
  const connection = { ...WIRE_ACCESS, endpoint: moto?.endpoint ?? '' };

  it('runs as many as were asked for last', async () => {
    const ecs = new SignedJsonCalls(connection, ECS);
    await ecs.call('CreateCluster', { clusterName: 'farm' });
    const containerDefinitions = [{ name: 'runner', image: 'runner', memory: 64 }];
    await ecs.call('RegisterTaskDefinition', { family: 'runner', containerDefinitions });
    await ecs.call('CreateService', {
      ...{ cluster: 'farm', serviceName: 'runners', taskDefinition: 'runner', desiredCount: 0, launchType: 'EC2' },
    });
    const fleet = new EcsRunnerFleet({ ...connection, service: 'farm/runners' });
    expect(await fleet.wanted()).toBe(0);
    await fleet.want(3);
    expect(await fleet.wanted()).toBe(3);
    await fleet.want(0);
    expect(await fleet.wanted()).toBe(0);
    await expect(fleet.want(1.5)).rejects.toThrow(RangeError);
  });

  it('is named when it is not there', async () => {
    const fleet = new EcsRunnerFleet({ ...connection, service: 'farm/nobody' });
    await expect(fleet.wanted()).rejects.toThrow('farm/nobody');
    await expect(fleet.want(1)).rejects.toThrow(/ecs refused UpdateService \(4\d\d\): .*nobody|ServiceNotFound/i);
  });
});
