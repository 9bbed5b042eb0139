/** A tool call, as far as people want to know it. */
export interface ToolCall {
  /** By which its result names it. */
  readonly id: string | null;
  readonly name: string;
  readonly input: string;
}

/** Reads what OpenAI (`{ id, function: { name, arguments } }`) and Anthropic (`{ id, name, input }`) make of a call. */
export function readToolCall(json: Readonly<Record<string, unknown>>): ToolCall {
  const inner = isObject(json.function) ? json.function : json;
  return {
    id: typeof json.id === 'string' ? json.id : null,
    name: typeof inner.name === 'string' ? inner.name : 'Tool',
    input: asText(inner.arguments ?? inner.input),
  };
}

/** Texts stay as the model wrote them. */
function asText(input: unknown): string {
  if (input == null) return '';
  return typeof input === 'string' ? input : JSON.stringify(input, null, 2);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
