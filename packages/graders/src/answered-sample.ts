/** What a grader reads of an answer, in the keys of OpenAI's samples: its text, its calls of functions, and both as the one choice. */
import type { GraderSample } from './grading-context.js';

export interface GivenAnswer {
  readonly content: string;
  /** `arguments` is the text of a JSON object. */
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
  /** `repetition`: training ended it because it went in circles; OpenAI's API has no such reason. */
  readonly finishReason: 'stop' | 'length' | 'repetition';
}

export function answeredSample({ content, calls, finishReason }: GivenAnswer): GraderSample {
  const tool_calls = calls.map((call, index) => ({ id: `call_${index}`, type: 'function', function: { ...call } }));
  const isCall = tool_calls.length > 0;
  const message = {
    role: 'assistant',
    content: isCall && content === '' ? null : content,
    refusal: null,
    ...(isCall ? { tool_calls } : {}),
  };
  const finish_reason = isCall && finishReason === 'stop' ? 'tool_calls' : finishReason;
  return {
    output_text: content,
    ...(isCall ? { output_tools: tool_calls } : {}),
    choices: [{ index: 0, finish_reason, message }],
  };
}
