/// <reference path="./.sst/platform/config.d.ts" />
/**
 * The deployment, composed from one file a resource family in infra/. Region and account come from the AWS
 * credentials of whoever deploys. How to deploy: docs/deploy.md.
 */
export default $config({
  app(input) {
    // As infra/stage.ts has it, which cannot be imported here.
    const isKept = input.stage === 'production' && process.env.PREHEAT_DISPOSABLE !== input.stage;
    return { name: 'preheat', home: 'aws', removal: isKept ? 'retain' : 'remove', protect: isKept };
  },
  async run() {
    const { bucket } = await import('./infra/storage.js');
    const { evaluationQueue, workQueue } = await import('./infra/queue.js');
    const { edge } = await import('./infra/edge.js');
    await import('./infra/api.js');
    await import('./infra/evaluation.js');
    await import('./infra/sweeper.js');
    const { images, service } = await import('./infra/runner.js');
    const { alarmTopic } = await import('./infra/alarm-topic.js');
    const { dashboard } = await import('./infra/dashboard.js');
    await import('./infra/budget.js');
    await import('./infra/endpoints.js');
    await import('./infra/runner-metrics.js');
    return {
      url: edge.url,
      bucket: bucket.name,
      workQueue: workQueue.url,
      evaluationQueue: evaluationQueue.url,
      runnerImages: images.repositoryUrl,
      runnerService: service.name,
      alarms: alarmTopic.arn,
      dashboard: dashboard.dashboardName,
    };
  },
});
