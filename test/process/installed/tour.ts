import { createChatledgerClient, documents, newId, NotFoundError } from 'chatledger/client';
import { ChatSessionsDocument } from 'chatledger/client/documents';

/** What the type of a syntax tree says of its data, which Apollo and urql read in the same way. */
type Data = ReturnType<NonNullable<typeof ChatSessionsDocument.__apiType>>;
type Title = Data['chatSessions']['nodes'][number]['title'];

/** A program that somebody writes against the installed package: package.test.ts compiles and runs it there. */
export async function* tour(url: string): AsyncGenerator<string, void> {
  const ledger = createChatledgerClient({ url, headers: { 'x-user-id': 'alice' } });
  const { chatSession, created } = await ledger.sessions.create({ title: 'Weather' });
  const sessionId = chatSession.id;
  yield `created: ${String(created)}`;

  const message = { role: 'USER', content: 'Rain?' } as const;
  const { chatMessage } = await ledger.messages.append({ sessionId, message });
  yield `appended: ${chatMessage.sequence} ${chatMessage.role} ${String(chatMessage.content)}`;

  for await (const { title, messageCount } of ledger.sessions.all())
    yield `listed: ${String(title)} ${messageCount}`;

  for await (const change of ledger.sessions.watch(sessionId, { afterRevision: 0 })) {
    yield `watched: ${change.__typename}`;
    if (change.__typename === 'ChatSessionCaughtUp') break;
  }

  const outcome = await ledger.messages.append({ sessionId, sequence: 0, message }, { failures: 'return' });
  // @ts-expect-error: nobody knows yet that it is a success
  if (outcome.chatMessage) yield 'appended in a place that is taken';
  if (outcome.__typename === 'SequenceConflictError') yield `returned: next is ${outcome.nextSequence}`;

  try {
    await ledger.sessions.delete(newId());
  } catch (error) {
    if (error instanceof NotFoundError) yield `thrown: ${error.name} ${error.code}`;
  }

  const { chatSessions } = await ledger.request(documents.ChatSessionsDocument, { first: 1 });
  const title: Title = chatSessions.nodes[0]?.title ?? null;
  yield `requested: ${String(title)}`;
  // @ts-expect-error: a title is no number, and the type of the syntax tree knows
  const wrong: Title = 5;
  yield `syntax tree: ${ChatSessionsDocument.kind} of ${typeof wrong}`;
}
