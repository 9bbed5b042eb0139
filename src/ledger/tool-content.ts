import { z } from 'zod';
import { withRetry, retryOnRace } from '../data/retry.js';
import type { ChatMessageColumn, ChatMessageRow } from '../data/rows.js';
import { readToolAnswer, writeToolContent } from '../data/statements/tool-content.js';
import { ContentConflictError, NotFoundError } from '../errors.js';
import { content, identifier, parseInput, uuid } from './input.js';
import { writing, type Ledger } from './ledger.js';

const toolContentInput = z.object({
  sessionId: uuid,
  toolCallId: identifier,
  messageId: uuid.nullish(),
  content,
  expectedContent: content.nullish(),
});

/**
 * Writes the result of a tool call into the message of role tool that answers it. If there are several and the input
 * names none of them, the newest that holds what is expected, else the newest without content, else the newest. A
 * message that holds this content already is left as it is, so that a retry succeeds.
 *
 * @throws NotFoundError, ContentConflictError, InvalidInputError
 */
export async function updateToolContent(
  ledger: Ledger,
  input: z.input<typeof toolContentInput>,
  columns: readonly ChatMessageColumn[],
): Promise<ChatMessageRow> {
  const request = parseInput(toolContentInput, input, ['input']);
  const { database, owner } = ledger;
  const attempt = async (): Promise<ChatMessageRow | undefined> => {
    const changed = await writeToolContent(database, owner, request, columns);
    if (changed) {
      ledger.notifier.notify(request.sessionId);
      return changed;
    }
    const answer = await readToolAnswer(database, owner, request, columns);
    if (!answer) throw new NotFoundError('There is no message of role TOOL that answers this call.');
    if (answer.content === request.content) return answer;
    const { expectedContent = answer.content } = request;
    if (expectedContent !== answer.content) throw new ContentConflictError(answer.content);
    // It came between the two statements, as the update wants it.
    return undefined;
  };
  return writing(ledger, () => withRetry(() => retryOnRace(attempt)));
}
