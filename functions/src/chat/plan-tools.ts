/**
 * The tools of a request: what the prompt lists, how calls are found in an answer, and what decoding is held to. A call that
 * is forced begins behind the prompt, so that its first tokens are the ones the model was trained on.
 */
import { ApiError, type ChatCompletionRequest, type ChatTool } from '@preheat/contracts';
import {
  anyObject,
  choice,
  type GrammarNode,
  literal,
  sequence,
  textOrToolCalls,
  type TokenConstraint,
  toolCalls,
  type ToolCallRules,
} from '@preheat/inference/grammar';
import type { ModelDescription } from '@preheat/inference/model-registry';
import { type Tokenizer, TokenizerError, type ToolCallForm } from '@preheat/tokenizer';
import { cachedConstraint } from './cached-constraint.js';
import { type ConstrainingFormat, constrainingFormat, formatGrammar, formatKey, schemaGrammar } from './response-format.js';

export interface ToolPlan {
  /** All that the prompt lists. */
  readonly tools: readonly ChatTool[];
  readonly form: ToolCallForm;
  /** Of the functions that may be called. */
  readonly names: ReadonlySet<string>;
  readonly isParallel: boolean;
  /** What every answer begins with, and the prompt ends with; '' where the model decides. */
  readonly opening: string;
  /** Control tokens that are part of the text of a call. */
  readonly kept: readonly number[];
  readonly constraint?: TokenConstraint;
}

export type ToolRequest = Pick<
  ChatCompletionRequest,
  'tools' | 'tool_choice' | 'parallel_tool_calls' | 'response_format'
>;

/** Null where no tool may be called. @throws ApiError naming the field. */
export function planTools(model: ModelDescription, request: ToolRequest): ToolPlan | null {
  const tools = request.tools ?? [];
  const toolChoice = request.tool_choice ?? 'auto';
  const isForced = toolChoice !== 'auto' && toolChoice !== 'none';
  const callable = typeof toolChoice === 'string' ? tools : tools.filter((tool) => nameOf(tool) === nameOf(toolChoice));
  if (isForced && callable.length === 0) {
    const what = typeof toolChoice === 'string' ? 'needs tools' : `names '${nameOf(toolChoice)}', which is not in 'tools'`;
    throw new ApiError('invalid_request', `'tool_choice' ${what}.`, { param: 'tool_choice' });
  }
  if (tools.length === 0 || toolChoice === 'none') return null;
  refuseNamesakes(tools);
  const form = formOf(model.tokenizer);
  const kept = [form.marker, form.close.trim()].flatMap((token) => model.tokenizer.tokenToId(token) ?? []);
  const plan = {
    tools,
    form,
    names: new Set(callable.map(nameOf)),
    isParallel: request.parallel_tool_calls ?? true,
    opening: isForced ? form.marker : '',
    kept,
  };
  return { ...plan, ...callConstraint(model, plan, isForced, constrainingFormat(request.response_format)) };
}

const nameOf = (tool: { readonly function: { readonly name: string } }): string => tool.function.name;

function refuseNamesakes(tools: readonly ChatTool[]): void {
  const names = tools.map(nameOf);
  const second = names.findIndex((name, index) => names.indexOf(name) < index);
  if (second < 0) return;
  const param = `tools.${second}.function.name`;
  throw new ApiError('invalid_request', `'${param}': a tool before has the same name, '${names[second]}'.`, { param });
}

function formOf(tokenizer: Tokenizer): ToolCallForm {
  try {
    return tokenizer.toolCallForm();
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    throw new ApiError('invalid_request', error.message, { param: 'tools' });
  }
}

/** Forced calls are held to their schemas, others where a function is strict or an answer that is no call has a format. */
function callConstraint(
  model: ModelDescription,
  { tools, form, names, isParallel, kept }: Omit<ToolPlan, 'constraint'>,
  isForced: boolean,
  format: ConstrainingFormat | null,
): Pick<ToolPlan, 'constraint'> {
  const isStrict = tools.some((tool) => tool.function.strict === true && names.has(nameOf(tool)));
  if (!isForced && !isStrict && !format) return {};
  const grammar = (): GrammarNode => {
    const functions = tools.flatMap((tool, index) =>
      names.has(nameOf(tool)) ? [{ name: nameOf(tool), parameters: parametersOf(tool, index, isForced) }] : [],
    );
    const rules: ToolCallRules = { form, functions, isParallel };
    if (isForced) return toolCalls(rules);
    return format ? choice(formatGrammar(format), sequence(literal(form.marker), toolCalls(rules))) : textOrToolCalls(rules);
  };
  const schemas = tools.map(({ function: { name, parameters, strict } }) => [name, parameters, strict]);
  const key = JSON.stringify([isForced, isParallel, [...names], schemas, format && formatKey(format)]);
  return { constraint: cachedConstraint(model, { by: 'tools', key, grammar, written: kept }) };
}

const NO_PARAMETERS: Readonly<Record<string, unknown>> = { type: 'object', properties: {}, additionalProperties: false };

function parametersOf({ function: { parameters, strict } }: ChatTool, index: number, isForced: boolean): GrammarNode {
  if (!isForced && strict !== true) return anyObject;
  const path = `tools.${index}.function.parameters`;
  const schema = parameters ?? NO_PARAMETERS;
  if (Object.keys(schema).length === 0) return anyObject;
  const { type = 'object' } = schema;
  if (type === 'object') return schemaGrammar(schema, path);
  throw new ApiError('invalid_request', `'${path}.type' must be "object".`, { param: `${path}.type` });
}
