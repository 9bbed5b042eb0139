import type { ChatMessageInput } from '@chatledger/client';

type Json = Record<string, unknown>;

/** An assistant's message with calls, what answers them, and what is to be seen of each: name, input, result. */
interface ToolCallForm {
  readonly toolCalls?: Json[];
  readonly functionCall?: Json;
  readonly results: readonly ChatMessageInput[];
  readonly shown: readonly (readonly string[])[];
}

const answer = (toolCallId: string, content: string): ChatMessageInput => ({
  role: 'TOOL',
  toolCallId,
  content,
});
const city = { city: 'Bern' };
const pretty = JSON.stringify(city, null, 2);

export const toolCallForms: readonly ToolCallForm[] = [
  // OpenAI's chat completions.
  {
    toolCalls: [
      { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city": "Bern"}' } },
      { id: 'call_2', type: 'custom', custom: { name: 'run_sql', input: 'SELECT 1' } },
    ],
    results: [answer('call_2', 'one row'), answer('call_1', 'rain')],
    shown: [
      ['weather', '{"city": "Bern"}', 'rain'],
      ['run_sql', 'SELECT 1', 'one row'],
    ],
  },
  // OpenAI's Responses: items have ids of their own, which results do not name.
  {
    toolCalls: [
      { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'get', arguments: '{"n": 1.0}' },
      { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_3', name: 'shell', input: 'ls' },
      { type: 'web_search_call', id: 'ws_1', action: { query: 'it' } },
    ],
    results: [answer('call_1', '42'), answer('call_3', 'a b')],
    shown: [
      ['get', '{"n": 1.0}', '42'],
      ['shell', 'ls', 'a b'],
      ['web_search_call', JSON.stringify({ query: 'it' }, null, 2)],
    ],
  },
  // Anthropic.
  {
    toolCalls: [{ type: 'tool_use', id: 'toolu_1', name: 'read', input: city }],
    results: [answer('toolu_1', 'first'), answer('toolu_1', 'last')],
    shown: [['read', pretty, 'last']],
  },
  // The AI SDK: parts of model messages, and of messages of its user interface.
  {
    toolCalls: [
      { type: 'tool-call', toolCallId: 'a1', toolName: 'weather', args: city },
      { type: 'tool-call', toolCallId: 'a2', toolName: 'mail', input: city },
      {
        type: 'tool-weather',
        toolCallId: 'a3',
        state: 'output-available',
        input: city,
        output: { celsius: 3.5 },
      },
      { type: 'dynamic-tool', toolName: 'any', toolCallId: 'a4', input: city },
    ],
    results: [answer('a2', 'sent'), answer('a1', 'snow'), answer('a4', 'fine')],
    shown: [
      ['weather', pretty, 'snow'],
      ['mail', pretty, 'sent'],
      ['weather', pretty, JSON.stringify({ celsius: 3.5 }, null, 2)],
      ['any', pretty, 'fine'],
    ],
  },
  // LangChain.
  {
    toolCalls: [
      { name: 'get', args: city, id: 'toolu_1', type: 'tool_call' },
      { name: 'bad', args: '{"a":', id: 'toolu_2', type: 'invalid_tool_call' },
    ],
    results: [answer('toolu_1', 'again')],
    shown: [
      ['get', pretty, 'again'],
      ['bad', '{"a":'],
    ],
  },
  // Gemini, which may give no ids: the same function twice takes its results in turn.
  {
    toolCalls: [
      { functionCall: { name: 'lookup', args: city } },
      { functionCall: { name: 'lookup', args: {} } },
      { functionCall: { id: 'g1', name: 'lookup', args: city }, thoughtSignature: 'Eq' },
    ],
    results: [
      answer('lookup', 'one'),
      { role: 'TOOL', name: 'lookup', content: 'two' },
      answer('g1', 'three'),
    ],
    shown: [
      ['lookup', pretty, 'one'],
      ['lookup', '{}', 'two'],
      ['lookup', pretty, 'three'],
    ],
  },
  // The same id for two calls of a message, and again in the next turn.
  {
    toolCalls: [
      { id: 'call_0', type: 'function', function: { name: 'first', arguments: '1' } },
      { id: 'call_0', type: 'function', function: { name: 'second', arguments: '2' } },
    ],
    results: [answer('call_0', 'of first'), answer('call_0', 'of second')],
    shown: [
      ['first', '1', 'of first'],
      ['second', '2', 'of second'],
    ],
  },
  {
    toolCalls: [{ id: 'call_0', type: 'function', function: { name: 'third', arguments: '3' } }],
    results: [],
    shown: [['third', '3']],
  },
  // OpenAI's functions before there were tools.
  {
    functionCall: { name: 'add', arguments: '[2, 40]' },
    results: [{ role: 'FUNCTION', name: 'add', content: '42' }],
    shown: [['add', '[2, 40]', '42']],
  },
];
