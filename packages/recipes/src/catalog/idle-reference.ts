/** Whether a phase is held to a reference policy at all: by a KL penalty, or by a loss over pairs that compares with one. */

/** Losses over pairs that have no reference. */
const WITHOUT_REFERENCE: readonly unknown[] = ['simpo', 'orpo'];

/**
 * Why naming a reference would have no effect, and what to do; null where the phase has one.
 * @param config As resolved, of the recipe of that name.
 */
export function idleReference(algorithm: string, config: Readonly<Record<string, unknown>>): string | null {
  const { kl_beta: penalty, loss_type: loss } = config;
  if (penalty === 0) return 'has no effect while kl_beta is 0; set hyperparameters.kl_beta, or leave this out';
  if (WITHOUT_REFERENCE.includes(loss)) {
    return `has no effect on loss_type ${String(loss)}, which has no reference; set hyperparameters.loss_type to sigmoid or ipo, or leave this out`;
  }
  if (penalty === undefined && loss === undefined) {
    return `has no effect on ${algorithm}, which is held to no reference; leave this out`;
  }
  return null;
}
