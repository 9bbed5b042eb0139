import type { ChatMessage } from '@chatledger/client';

/** A tool call, as far as people want to know it. */
export interface ToolCall {
  /** By which its result names it: an id, or the tool's name where the format has no ids. */
  readonly key: string | null;
  readonly name: string;
  readonly input: string;
  /** What came out, where the call itself says so. */
  readonly output: string | null;
}

type Json = Readonly<Record<string, unknown>>;

/** Fields in which formats put the call when it is not the object itself. */
const wrappers = ['function', 'custom', 'functionCall', 'function_call', 'toolInvocation', 'toolUse'];
/** An item of OpenAI's Responses has an id of its own beside the one that its result names. */
const ids = ['call_id', 'toolCallId', 'tool_call_id', 'toolUseId', 'id'];
const names = ['name', 'toolName'];
const inputs = ['arguments', 'input', 'args', 'parameters', 'action', 'code'];
const outputs = ['output', 'result', 'errorText'];

/**
 * Reads the calls of a message in the forms of OpenAI (chat completions with functions and custom tools, Responses),
 * Anthropic, the AI SDK, LangChain and Gemini, and whatever resembles them.
 */
export function readToolCalls({ toolCalls, functionCall }: ChatMessage): ToolCall[] {
  const calls = (toolCalls ?? []).map(readToolCall);
  // Results of the older function calls go by the name of the function.
  if (functionCall !== null) calls.push(readToolCall({ function: functionCall }));
  return calls;
}

function readToolCall(json: Json): ToolCall {
  const wrapped = wrappers.map((field) => json[field]).find(isObject);
  const inner = wrapped ?? json;
  const name = firstText(inner, names) ?? nameOfType(json.type);
  return {
    key: firstText(json, ids) ?? firstText(inner, ids) ?? name ?? null,
    name: name ?? 'Tool',
    input: asText(firstOf(inner, inputs)),
    output: asText(firstOf(inner, outputs)) || null,
  };
}

/** Types that say nothing but that it is a call. */
const plainTypes =
  /^(function|custom|tool[_-](call|use|invocation)|(function|custom_tool)_call|dynamic-tool)$/;

/** `tool-weather` of the AI SDK names the tool; `web_search_call` of OpenAI is one that has no other name. */
function nameOfType(type: unknown): string | undefined {
  if (typeof type !== 'string' || plainTypes.test(type)) return undefined;
  return type.replace(/^tool-/, '');
}

/** What names the call that a message answers. Null for messages that answer none. */
export function keyOfResult({ role, toolCallId, name }: ChatMessage): string | null {
  if (role === 'TOOL') return toolCallId ?? name;
  return role === 'FUNCTION' ? name : null;
}

/**
 * The result of each call of a message: calls with the same key take theirs in turn, and of several results for one
 * call the last counts.
 *
 * @param results messages that answer calls of this message, in order of sequence
 */
export function resultsOf(
  calls: readonly ToolCall[],
  results: readonly ChatMessage[],
): (ChatMessage | undefined)[] {
  return calls.map((call, index) => {
    const own = results.filter((result) => keyOfResult(result) === call.key);
    const isSame = (other: ToolCall) => other.key === call.key;
    const turn = calls.slice(0, index).filter(isSame).length;
    const isLast = !calls.slice(index + 1).some(isSame);
    return isLast && own.length > turn ? own.at(-1) : own[turn];
  });
}

function firstOf(json: Json, fields: readonly string[]): unknown {
  return fields.map((field) => json[field]).find((value) => value != null);
}

function firstText(json: Json, fields: readonly string[]): string | undefined {
  return fields
    .map((field) => json[field])
    .find((value): value is string => typeof value === 'string' && value !== '');
}

/** Texts stay as the model wrote them. */
function asText(value: unknown): string {
  if (value == null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
