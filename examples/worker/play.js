// Plays a recorded conversation into a ledger, as an agent would write it: see README.md.
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MessageNotInProgressError } from '@chatledger/client';
import { connect } from './ledger.js';
import { idFor, readRecording } from './recording.js';

/** @typedef {import('./recording.js').RecordedMessage} RecordedMessage */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    line: { type: 'string', default: '1' },
    user: { type: 'string', default: 'alice' },
    // Milliseconds between two words of an answer.
    pace: { type: 'string', default: '80' },
  },
});
const file = positionals[0] ?? new URL('../conversations.jsonl', import.meta.url);
const pace = Number(values.pace);

const ledger = connect();
const recording = await readRecording(file, Number(values.line));
// All ids are made of what is played and for whom. So whatever is sent a second time is known to the ledger.
const sessionId = idFor(values.user, recording.id);

await ledger.sessions.create({ id: sessionId, userId: values.user, title: recording.id });
console.log(`session ${sessionId}`);
for (const [place, message] of recording.messages.entries()) {
  const id = idFor(sessionId, place);
  // What has no text, or a part that streaming has no place for, comes in one piece.
  const isStreamed = message.role === 'assistant' && message.content && !message.function_call;
  console.log(`${place} ${message.role}`);
  if (isStreamed) await answer(id, message);
  else if (message.role === 'tool') await callTool(id, message);
  else await ledger.messages.append({ sessionId, message: { id, ...formatted(message) } });
}

/**
 * Streams an answer. A run that was killed may have left its beginning: the client goes on from there.
 *
 * @param {string} id
 * @param {RecordedMessage} message
 */
async function answer(id, message) {
  const { content: text = '', name, toolCalls, refusal } = formatted(message);
  const tokens = spoken(text);
  try {
    await ledger.streamMessage({ sessionId, id, name, tokens, ending: () => ({ toolCalls, refusal }) });
  } catch (error) {
    // A message that somebody ended stays as it is.
    if (!(error instanceof MessageNotInProgressError)) throw error;
    console.log(`it stays ${error.status}`);
  }
}

/** @param {string} text */
async function* spoken(text) {
  for (const word of text.split(/(?<=\s)(?=\S)/u)) {
    yield word;
    await setTimeout(pace);
  }
}

/**
 * Appends the message that answers a tool call, still without content, and waits until somebody writes that.
 *
 * @param {string} id
 * @param {RecordedMessage} message
 */
async function callTool(id, message) {
  const { content: recorded, ...pending } = formatted(message);
  const { chatMessage } = await ledger.messages.append({ sessionId, message: { id, ...pending } });
  if (chatMessage.content !== null || recorded === undefined) return;
  console.log(`waiting for: node complete-tool-call.js ${sessionId} ${pending.toolCallId} RESULT`);
  const changes = ledger.sessions.watch(sessionId, { afterRevision: chatMessage.revision });
  for await (const change of changes)
    if (change.__typename === 'ChatMessageContentChanged' && change.chatMessage.id === id) return;
  throw new Error(`The session ${sessionId} was deleted.`);
}

/**
 * The message as the API takes it.
 *
 * @param {RecordedMessage} message
 */
function formatted(message) {
  const roles = /** @type {const} */ ({
    system: 'SYSTEM',
    developer: 'DEVELOPER',
    user: 'USER',
    assistant: 'ASSISTANT',
    tool: 'TOOL',
    function: 'FUNCTION',
  });
  return {
    role: roles[message.role],
    content: message.content ?? undefined,
    name: message.name,
    toolCallId: message.tool_call_id,
    toolCalls: message.tool_calls,
    functionCall: message.function_call,
    refusal: message.refusal,
  };
}
