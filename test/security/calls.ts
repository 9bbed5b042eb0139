import { randomUUID } from 'node:crypto';
import { literal, Raw, withoutUndefined } from '../support/literal.js';
import { newUser } from '../support/test-app.js';

/** A field of the schema, or `messages` or `changes` of a session, with arguments of any kind. */
export interface Call {
  readonly field: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The session that calls are about, and its owner. */
export const sessionId = randomUUID();
export const owner = newUser();
/** A message of it that is in progress and holds a text of 900,000 bytes. */
export const answerId = randomUUID();

/** JSON of so many levels. */
export function nested(levels: number): object {
  let value: object = {};
  for (let level = 1; level < levels; level++) value = { a: value };
  return value;
}

export const message = (fields: object) => ({
  field: 'appendChatMessage',
  args: { input: { sessionId, message: { role: new Raw('USER'), ...fields } } },
});
export const batch = (messages: readonly object[]) => ({
  field: 'appendChatMessages',
  args: { input: { sessionId, messages } },
});
export const create = (fields: object) => ({ field: 'createChatSession', args: { input: fields } });
export const update = (fields: object) => ({
  field: 'updateChatSession',
  args: { input: { id: sessionId, ...fields } },
});
export const tool = (fields: object) => ({
  field: 'updateToolMessageContent',
  args: { input: { sessionId, toolCallId: 'call', content: 'x', ...fields } },
});
export const start = (fields: object) => ({
  field: 'startChatMessage',
  args: { input: { sessionId, ...fields } },
});
export const extend = (fields: object) => ({
  field: 'extendChatMessage',
  args: { input: { sessionId, messageId: answerId, offset: 0, delta: 'x', ...fields } },
});
export const finish = (fields: object) => ({
  field: 'finishChatMessage',
  args: { input: { sessionId, messageId: answerId, status: new Raw('COMPLETE'), ...fields } },
});
export const sessions = (args: Readonly<Record<string, unknown>>) => ({ field: 'chatSessions', args });
export const messages = (args: Readonly<Record<string, unknown>>) => ({ field: 'messages', args });
export const changes = (args: Readonly<Record<string, unknown>>) => ({ field: 'changes', args });
export const watching = (args: Readonly<Record<string, unknown>>) => ({
  field: 'chatSessionChanges',
  args: { sessionId, ...args },
});
export const watchingList = (args: Readonly<Record<string, unknown>>) => ({
  field: 'userChatSessionChanges',
  args,
});
export const user = { role: new Raw('USER') };

const argumentTypes: Record<string, string> = {
  id: 'ID!',
  ids: '[ID!]!',
  userId: 'ID',
  first: 'Int',
  last: 'Int',
  offset: 'Int',
  after: 'String',
  before: 'String',
  sessionId: 'ID!',
  afterRevision: 'Int',
};
const selections: Record<string, string> = {
  messages: '{ totalCount }',
  chatSessions: '{ totalCount }',
  changes: '{ revision }',
};
const ofSession = ['messages', 'changes'];
const queries = ['chatSession', 'node', 'nodes', 'chatSessions', ...ofSession];
const subscriptions = ['chatSessionChanges', 'userChatSessionChanges'];

/** The headers with which a call is answered. */
export function headersFor({ field }: Call): Record<string, string> {
  return subscriptions.includes(field) ? { accept: 'text/event-stream' } : {};
}

/** The operation with its arguments as they are given: names of variables, or values. */
function operation({ field }: Call, head: string, args: string): string {
  const call = `${field}${args === '' ? '' : `(${args})`} ${selections[field] ?? '{ __typename }'}`;
  if (ofSession.includes(field)) return `query Bad${head} { chatSession(id: "${sessionId}") { ${call} } }`;
  const kind = queries.includes(field)
    ? 'query'
    : subscriptions.includes(field)
      ? 'subscription'
      : 'mutation';
  return `${kind} Bad${head} { ${call} }`;
}

function schemaArguments(field: string): Record<string, string> {
  if ([...queries, ...subscriptions].includes(field)) return argumentTypes;
  return { input: `${field[0]?.toUpperCase() ?? ''}${field.slice(1)}Input!` };
}

/** The body that sends the values as variables. */
export function throughVariables(call: Call): string {
  const args = withoutUndefined(call.args);
  const types = schemaArguments(call.field);
  const names = Object.keys(args);
  const head = names.map((name) => `$${name}: ${types[name] ?? ''}`).join(', ');
  const query = operation(
    call,
    head === '' ? '' : `(${head})`,
    names.map((name) => `${name}: $${name}`).join(', '),
  );
  const text = JSON.stringify({ query, variables: args });
  // Numbers that JSON.stringify does not write, and names of enum values.
  return text.replaceAll(/"__raw:(-?\d[^"]*)"/g, '$1').replaceAll('"__raw:', '"');
}

/** The body that writes the values into the document. */
export function throughLiterals(call: Call): string {
  const args = Object.entries(withoutUndefined(call.args)).map(
    ([name, value]) => `${name}: ${literal(value)}`,
  );
  return JSON.stringify({ query: operation(call, '', args.join(', ')) });
}
