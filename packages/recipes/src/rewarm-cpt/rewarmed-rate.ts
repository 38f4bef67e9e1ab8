/** The learning rate of continual pre-training (Gupta et al. 2023, arXiv 2308.04014): re-warmed and decayed, or held low. */
import { learningRateAt } from '@preheat/nn';
import type { RewarmConfig } from './config.js';

type Keys = 'learning_rate' | 'learning_rate_multiplier' | 'warmup_ratio' | 'lr_schedule' | 'lr_floor_ratio';

/** Of step `step`; 0 is the first. */
export function rewarmedRate(config: Pick<RewarmConfig, Keys>, step: number, totalSteps: number): number {
  const { lr_schedule: schedule, lr_floor_ratio: floorRatio, warmup_ratio: warmup } = config;
  const peak = config.learning_rate * config.learning_rate_multiplier;
  if (schedule === 'floor') return peak * floorRatio;
  const warmupSteps = Math.ceil(warmup * totalSteps);
  return learningRateAt(step, { peak, warmupSteps, totalSteps, decay: 'cosine', floorRatio });
}
