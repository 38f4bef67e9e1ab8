/** Texts with one right label, and their rows as lines of the data files that OpenAI's fine-tuning and evals wires take. */

export interface LabelledText {
  readonly id: string;
  readonly text: string;
  readonly label: string;
}

/** Supervised row: the label is the answer. */
export function toLabelChatRow({ text, label }: LabelledText) {
  return {
    messages: [
      { role: 'user', content: text },
      { role: 'assistant', content: label },
    ],
  };
}

/** A reinforcement row: graders read `item.reference`. */
export function toLabelRftRow({ text, label }: LabelledText) {
  return { messages: [{ role: 'user', content: text }], reference: label };
}

/** An eval row: the prompt is `item.text`, the right answer `item.reference`. */
export function toLabelEvalRow({ text, label }: LabelledText) {
  return { item: { text, reference: label } };
}
