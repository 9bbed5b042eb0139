// Writes the result of a tool call, as the process does that ran the tool: see README.md.
import { connect } from './ledger.js';

const [sessionId, toolCallId, content] = process.argv.slice(2);
if (sessionId === undefined || toolCallId === undefined || content === undefined) {
  console.error('Usage: node complete-tool-call.js SESSION TOOL_CALL RESULT');
  process.exit(2);
}

// Only into a message that has no result yet, or this one: processes that ran the same tool twice do not overwrite each
// other, and a retry finds that it is done.
const outcome = await connect().messages.updateToolContent(
  { sessionId, toolCallId, content, expectedContent: null },
  { failures: 'return' },
);
if (outcome.__typename === 'UpdateToolMessageContentSuccess') {
  console.log(`message ${outcome.chatMessage.sequence} holds it`);
} else {
  console.error(outcome.message);
  process.exitCode = 1;
}
