/** The few of a checkpoint's many metrics that a list has room for: what was validated before what was trained on. */
const HEADLINES = [
  'full_valid_mean_reward',
  'full_valid_loss',
  'valid_loss',
  'train_mean_reward',
  'train_loss',
  'train_mean_token_accuracy',
] as const;

const MAX_SHOWN = 2;

/** Names and values of the at most two most telling metrics, most telling first. */
export function headlineMetrics(metrics: Readonly<Record<string, number>>): [name: string, value: number][] {
  return HEADLINES.flatMap((name): [string, number][] => {
    const value = metrics[name];
    return value === undefined ? [] : [[name, value]];
  }).slice(0, MAX_SHOWN);
}
