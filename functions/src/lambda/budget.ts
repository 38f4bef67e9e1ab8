/** Lambda entry of the guard of the budget, called with what the budget's topic was told. */
import { openPlatform } from '@preheat/adapters/platform';
import { BudgetSettings, readSettings } from '@preheat/contracts';
import type { SNSEvent } from 'aws-lambda';
import type { Environment } from '../api-parts.js';
import { onBudgetNotice } from '../scheduling/budget-notice.js';
import { tellStart } from './tell-start.js';

export async function open(environment: Environment, compiledCode?: () => string) {
  const settings = readSettings(BudgetSettings, { ...environment });
  const platform = await openPlatform(settings, 'budget');
  tellStart(platform.log, compiledCode);
  const running = settings.PREHEAT_ON_BUDGET ?? 'checkpoint';
  const handler = async ({ Records }: SNSEvent): Promise<void> => {
    for (const { Sns } of Records) {
      await onBudgetNotice(platform, { noticedAtMs: Date.parse(Sns.Timestamp), running });
    }
  };
  return { handler };
}
