/** The platform under interop: real processes, one runner, an endpoint for webhooks, and a proxy in front of each client. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai-7';
import { API_KEY, startPlatform } from '../e2e/platform.js';
import { RecordingProxy } from './recording-proxy.js';
import { officialClient, type Story } from './stories/story.js';
import { WebhookReceiver } from './webhook-receiver.js';
import { problemsOf, routeOf } from './wire/check-exchange.js';
import { type Sdk, WIRE_ROUTES } from './wire/routes.js';

export interface InteropPlatform {
  readonly receiver: WebhookReceiver;
  /** Signs what the receiver is told of jobs and runs. */
  readonly secret: string;
  newProxy(): Promise<RecordingProxy>;
  newStory(release: 6 | 7): Promise<Story>;
  logs(): string;
  stop(): Promise<void>;
}

export async function startInterop(): Promise<InteropPlatform> {
  const platform = await startPlatform();
  platform.startRunner('runner-1');
  const adminKey = issueAdminKey(platform.dataDir);
  const receiver = await WebhookReceiver.start();
  const proxies: RecordingProxy[] = [];
  const newProxy = async () => {
    const proxy = await RecordingProxy.start(platform.baseURL);
    proxies.push(proxy);
    return proxy;
  };
  const client = new OpenAI({ apiKey: API_KEY, baseURL: platform.baseURL });
  const event_types = ['succeeded', 'failed', 'cancelled'].map((end) => `fine_tuning.job.${end}` as never);
  const { signing_secret: secret } = await client.webhooks.create({ name: 'all', url: receiver.url, event_types });
  return {
    receiver,
    secret,
    newProxy,
    newStory: async (release) => {
      const proxy = await newProxy();
      return { client: officialClient(release, proxy.baseURL, API_KEY, adminKey), release, proxy, receiver };
    },
    logs: () => platform.logs(),
    stop: async () => {
      for (const proxy of proxies) await proxy.stop();
      await receiver.stop();
      await platform.stop();
    },
  };
}

/** As an operator does it. */
function issueAdminKey(dataDir: string): string {
  const operator = fileURLToPath(new URL('../../functions/src/operator/main.ts', import.meta.url));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=source', '--import', 'tsx', operator, 'keys', 'issue', '--admin', '--name', 'interop'],
    { env: { ...process.env, PREHEAT_STORE: 'filesystem', PREHEAT_DATA_DIR: dataDir }, encoding: 'utf8' },
  );
  const value = /"value":"([^"]+)"/.exec(stdout)?.[1];
  if (value === undefined) throw new Error(`no admin key was issued: ${stdout}${stderr}`);
  return value;
}

/** Everything a client said or heard that is not the wire. */
export const allProblems = ({ exchanges }: RecordingProxy): string[] => exchanges.flatMap(problemsOf);

/** Endpoints that the client has a call for and the story did not drive. */
export function undriven({ exchanges }: RecordingProxy, sdk: Sdk): string[] {
  const driven = new Set(exchanges.filter(({ status }) => status < 400).map(routeOf));
  const missing = WIRE_ROUTES.filter((route) => route.drivenBy.includes(sdk) && !driven.has(route));
  return missing.map(({ method, path }) => `${method} ${path}`);
}
