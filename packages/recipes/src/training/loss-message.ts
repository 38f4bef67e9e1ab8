/** The one-line message of a step that has a loss, in the wording of OpenAI's events. */
export function lossMessage(
  metrics: Readonly<Record<string, number>> & { step: number; total_steps: number; train_loss: number },
): string {
  const validation = metrics['full_valid_loss'] ?? metrics['valid_loss'];
  const suffix = validation === undefined ? '' : `, validation loss=${validation.toFixed(2)}`;
  return `Step ${metrics.step}/${metrics.total_steps}: training loss=${metrics.train_loss.toFixed(2)}${suffix}`;
}
