import type { ChatMessage } from '@chatledger/client';
import type { ToolCall } from './tool-calls.ts';

/**
 * A tool call: its name, and when opened what went in and what came out.
 *
 * @param result the message that answers it; one without content waits for its result
 */
export function ToolCallDetails({ call, result }: { call: ToolCall; result: ChatMessage | undefined }) {
  const output = result ? result.content : call.output;
  return (
    <details className="tool" data-call={call.key} data-state={output === null ? 'waiting' : 'done'}>
      <summary>
        <code>{call.name}</code>
        <span className="state">{output === null ? 'no result yet' : 'done'}</span>
      </summary>
      {call.input !== '' && (
        <>
          <h3>Input</h3>
          <pre tabIndex={0} dir="auto">
            {call.input}
          </pre>
        </>
      )}
      {output !== null && (
        <>
          <h3>Result</h3>
          <pre tabIndex={0} dir="auto">
            {output}
          </pre>
        </>
      )}
    </details>
  );
}
