/**
 * The buttons that control a job. They stay the same elements for as long as they mean the same, whatever else is drawn anew: a
 * button that is replaced between press and release loses the click, and its keyboard focus.
 */
import { type FineTuningJob, hasEnded, type Preheat } from '@preheat/sdk';
import { button, element } from '../elements.js';

type Action = 'pause' | 'resume' | 'cancel';

const LABELS: Readonly<Record<Action, string>> = { pause: 'Pause', resume: 'Resume', cancel: 'Cancel' };

export class JobActions {
  readonly element = element('p', { class: 'actions' });
  readonly #client: Preheat;
  readonly #onChange: () => void;
  readonly #problem = element('span', { role: 'alert' });
  #shown = '';

  constructor(client: Preheat, onChange: () => void) {
    this.#client = client;
    this.#onChange = onChange;
  }

  show(job: FineTuningJob): void {
    const actions = actionsOf(job);
    if (this.#shown === actions.join()) return;
    this.#shown = actions.join();
    this.#problem.textContent = '';
    this.element.replaceChildren(...actions.map((action) => this.#button(action, job.id)), this.#problem);
  }

  #button(action: Action, id: string): HTMLElement {
    const made: HTMLElement = button(LABELS[action], () => {
      // It cannot be taken back, and may throw away days of work.
      if (action === 'cancel' && !confirm(`Cancel ${id} for good? Its checkpoints stay.`)) return;
      made.toggleAttribute('disabled', true);
      this.#problem.textContent = '';
      this.#client.jobs[action](id)
        .then(this.#onChange, (error: Error) => {
          this.#problem.textContent = error.message;
        })
        .finally(() => made.toggleAttribute('disabled', false));
    });
    return made;
  }
}

function actionsOf(job: FineTuningJob): Action[] {
  if (hasEnded(job)) return [];
  if (job.status === 'paused') return ['resume', 'cancel'];
  return job.status === 'pausing' ? ['cancel'] : ['pause', 'cancel'];
}
