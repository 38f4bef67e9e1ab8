/** How good a checkpoint is by its validation metrics, whatever recipe measured them: what retention and budgets choose by. */

/** Higher is better: the mean reward, or the loss with its sign turned; over all rows where known. Null: not measured. */
export function validationQuality(metrics: Readonly<Record<string, number>>): number | null {
  const reward = metrics['full_valid_mean_reward'];
  if (reward !== undefined) return reward;
  const loss = metrics['full_valid_loss'] ?? metrics['valid_loss'];
  return loss === undefined ? null : -loss;
}
