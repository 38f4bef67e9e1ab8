/**
 * The tools of a request: what the prompt lists, how calls are found in an answer, and what decoding is held to. A call that
 * is forced begins behind the prompt, so that its first tokens are the ones the model was trained on.
 */
import { ApiError, type ChatCompletionRequest, type ChatTool, type ToolChoice } from '@preheat/contracts';
import {
  anyObject,
  choice,
  type GrammarNode,
  literal,
  SchemaReading,
  sequence,
  textOrToolCalls,
  type TokenConstraint,
  toolCalls,
  type ToolCallRules,
} from '@preheat/inference/grammar';
import type { ModelDescription } from '@preheat/inference/model-registry';
import {
  type ControlMarkers,
  controlMarkers,
  type Tokenizer,
  TokenizerError,
  type ToolCallForm,
} from '@preheat/tokenizer';
import { cachedConstraint } from './cached-constraint.js';
import {
  CHAT_FIELDS,
  type ConstrainingFields,
  type ConstrainingFormat,
  constrainingFormat,
  formatGrammar,
  formatKey,
  schemaGrammar,
} from './response-format.js';

export interface ToolPlan {
  /** All that the prompt lists. */
  readonly tools: readonly ChatTool[];
  readonly form: ToolCallForm;
  /** Of the functions that may be called. */
  readonly names: ReadonlySet<string>;
  readonly isParallel: boolean;
  /** What every answer begins with, and the prompt ends with; '' where the model decides. */
  readonly opening: string;
  /** Control tokens that calls are found by. */
  readonly markers: ControlMarkers;
  readonly constraint?: TokenConstraint;
}

export type ToolRequest = Pick<
  ChatCompletionRequest,
  'tools' | 'tool_choice' | 'parallel_tool_calls' | 'response_format'
>;

/** Null where no tool may be called. @throws ApiError naming the field. */
export function planTools(
  model: ModelDescription,
  request: ToolRequest,
  fields: ConstrainingFields = CHAT_FIELDS,
): ToolPlan | null {
  const tools = request.tools ?? [];
  const toolChoice = request.tool_choice ?? 'auto';
  const { isForced, callable } = choiceOf(toolChoice, tools);
  if (tools.length === 0 || toolChoice === 'none') return null;
  refuseNamesakes(tools, fields.tools);
  const form = formOf(model.tokenizer, fields.tools);
  const plan = {
    tools,
    form,
    names: new Set(callable.map(nameOf)),
    isParallel: request.parallel_tool_calls ?? true,
    opening: isForced ? form.marker : '',
    markers: controlMarkers(model.tokenizer, form),
  };
  const format = constrainingFormat(request.response_format);
  return { ...plan, ...callConstraint(model, plan, { isForced, format, fields }) };
}

/** @throws ApiError `invalid_request` for a choice of what is not there. */
function choiceOf(toolChoice: ToolChoice, tools: readonly ChatTool[]) {
  const refuse = (what: string): never => {
    throw new ApiError('invalid_request', `'tool_choice' ${what}.`, { param: 'tool_choice' });
  };
  if (typeof toolChoice === 'string') {
    if (toolChoice === 'required' && tools.length === 0) refuse('needs tools');
    return { isForced: toolChoice === 'required', callable: tools };
  }
  const isOne = toolChoice.type === 'function';
  const wanted = (isOne ? [toolChoice] : toolChoice.allowed_tools.tools).map(nameOf);
  const missing = wanted.find((name) => tools.every((tool) => nameOf(tool) !== name));
  if (missing !== undefined) refuse(`names '${missing}', which is not in 'tools'`);
  const callable = tools.filter((tool) => wanted.includes(nameOf(tool)));
  return { isForced: isOne || toolChoice.allowed_tools.mode === 'required', callable };
}

const nameOf = (tool: { readonly function: { readonly name: string } }): string => tool.function.name;

function refuseNamesakes(tools: readonly ChatTool[], path: string): void {
  const names = tools.map(nameOf);
  const second = names.findIndex((name, index) => names.indexOf(name) < index);
  if (second < 0) return;
  const param = `${path}.${second}.function.name`;
  throw new ApiError('invalid_request', `'${param}': a tool before has the same name, '${names[second]}'.`, { param });
}

function formOf(tokenizer: Tokenizer, param: string): ToolCallForm {
  try {
    return tokenizer.toolCallForm();
  } catch (error) {
    if (!(error instanceof TokenizerError)) throw error;
    throw new ApiError('invalid_request', error.message, { param });
  }
}

interface Constraining {
  readonly isForced: boolean;
  readonly format: ConstrainingFormat | null;
  readonly fields: ConstrainingFields;
}

/** Forced calls are held to their schemas, others where a function is strict or an answer that is no call has a format. */
function callConstraint(
  model: ModelDescription,
  { tools, form, names, isParallel, markers }: Omit<ToolPlan, 'constraint'>,
  { isForced, format, fields }: Constraining,
): Pick<ToolPlan, 'constraint'> {
  const isStrict = tools.some((tool) => tool.function.strict === true && names.has(nameOf(tool)));
  if (!isForced && !isStrict && !format) return {};
  const grammar = (): GrammarNode => {
    const reading = new SchemaReading();
    const rules: ToolCallRules = {
      form,
      functions: functionsOf(tools, names, { isForced, fields, reading }),
      isParallel,
    };
    if (isForced) return toolCalls(rules);
    if (!format) return textOrToolCalls(rules);
    return choice(formatGrammar(format, fields, reading), sequence(literal(form.marker), toolCalls(rules)));
  };
  const schemas = tools.map(({ function: { name, parameters, strict } }) => [name, parameters, strict]);
  const key = JSON.stringify([isForced, isParallel, [...names], schemas, format && formatKey(format)]);
  return { constraint: cachedConstraint(model, { by: fields.tools, key, grammar, written: markers.ids }) };
}

const NO_PARAMETERS: Readonly<Record<string, unknown>> = {
  type: 'object',
  properties: {},
  additionalProperties: false,
};

interface ReadingTools {
  readonly isForced: boolean;
  readonly fields: ConstrainingFields;
  readonly reading: SchemaReading;
}

/** Those that may be called, in their order. Strict ones are read first: others may be left without what their schemas would take. */
function functionsOf(
  tools: readonly ChatTool[],
  names: ReadonlySet<string>,
  { isForced, fields, reading }: ReadingTools,
): ToolCallRules['functions'] {
  const callable = [...tools.entries()].filter(([, tool]) => names.has(nameOf(tool)));
  const isStrict = ([, { function: called }]: (typeof callable)[number]): boolean => called.strict === true;
  const grammars = new Map<ChatTool, GrammarNode>();
  for (const [index, tool] of [...callable].sort((a, b) => Number(isStrict(b)) - Number(isStrict(a)))) {
    const path = `${fields.tools}.${index}.function.parameters`;
    grammars.set(tool, parametersOf(tool, path, isForced, reading));
  }
  return callable.map(([, tool]) => ({ name: nameOf(tool), parameters: grammars.get(tool) ?? anyObject }));
}

function parametersOf(
  { function: { parameters, strict } }: ChatTool,
  path: string,
  isForced: boolean,
  reading: SchemaReading,
): GrammarNode {
  if (!isForced && strict !== true) return anyObject;
  const schema = parameters ?? NO_PARAMETERS;
  if (Object.keys(schema).length === 0) return anyObject;
  const { type = 'object' } = schema;
  if (type === 'object') {
    try {
      return schemaGrammar(schema, path, reading);
    } catch (error) {
      // Only `strict` promises that every keyword is kept.
      if (strict === true || !(error instanceof ApiError)) throw error;
      return anyObject;
    }
  }
  throw new ApiError('invalid_request', `'${path}.type' must be "object".`, { param: `${path}.type` });
}
