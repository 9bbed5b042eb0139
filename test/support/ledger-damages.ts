import { expect } from '@jest/globals';
import type { FilledLedger } from './filled-ledger.js';

/** Something done to the ledger, and all the findings that are faults: by check, with a part of each finding. */
export type Damage = [
  what: string,
  statements: (ids: FilledLedger['ids']) => string[],
  found: (ids: FilledLedger['ids']) => Record<string, Record<string, unknown>[]>,
];

/** One or more for each check that finds faults. */
export const damages: readonly Damage[] = [
  [
    'a message is lost',
    ({ later }) => [`DELETE FROM "ChatMessage" WHERE id = '${later}'`],
    ({ session }) => ({ 'message-count': [{ sessionId: session, messageCount: 6, messages: 5 }] }),
  ],
  [
    'the last message is lost',
    ({ last }) => [`DELETE FROM "ChatMessage" WHERE id = '${last}'`],
    ({ session }) => ({
      'message-count': [{ sessionId: session, messageCount: 6, messages: 5 }],
      'next-sequence': [{ sessionId: session, nextSequence: 6, lastSequence: 4 }],
    }),
  ],
  [
    'a counter of messages is wrong where there are none',
    ({ empty }) => [`UPDATE "ChatSession" SET "messageCount" = 1, "nextSequence" = 1 WHERE id = '${empty}'`],
    ({ empty }) => ({
      'message-count': [{ sessionId: empty, messageCount: 1, messages: 0 }],
      'next-sequence': [{ sessionId: empty, nextSequence: 1, lastSequence: null }],
    }),
  ],
  [
    'the next sequence is taken',
    ({ gapped }) => [`UPDATE "ChatSession" SET "nextSequence" = 8 WHERE id = '${gapped}'`],
    ({ gapped }) => ({ 'next-sequence': [{ sessionId: gapped, nextSequence: 8, lastSequence: 8 }] }),
  ],
  [
    'a session is behind its own changes',
    ({ session }) => [`UPDATE "ChatSession" SET "ownRevision" = revision + 1 WHERE id = '${session}'`],
    ({ session }) => ({ 'session-revisions': [{ sessionId: session }] }),
  ],
  [
    'a session that came back has no change that says so',
    ({ returned }) => [`UPDATE "ChatSession" SET "ownRevision" = "createdRevision" WHERE id = '${returned}'`],
    ({ returned }) => ({ 'session-revisions': [{ sessionId: returned }] }),
  ],
  [
    'a session came into being at no revision',
    ({ empty }) => [`UPDATE "ChatSession" SET "createdRevision" = -1 WHERE id = '${empty}'`],
    ({ empty }) => ({ 'session-revisions': [{ sessionId: empty, createdRevision: -1 }] }),
  ],
  [
    'a session is behind its messages',
    ({ session }) => [`UPDATE "ChatSession" SET revision = 4 WHERE id = '${session}'`],
    ({ last }) => ({ 'message-revisions': [{ messageId: last, revision: 5, sessionRevision: 4 }] }),
  ],
  [
    'a message changed before it came',
    ({ last }) => [`UPDATE "ChatMessage" SET revision = 0 WHERE id = '${last}'`],
    ({ last }) => ({ 'message-revisions': [{ messageId: last, appendedRevision: 5, revision: 0 }] }),
  ],
  [
    'a message came before its session came back',
    ({ returned }) => [
      `UPDATE "ChatMessage" SET revision = 5, "appendedRevision" = 5 WHERE "sessionId" = '${returned}'`,
    ],
    ({ returned }) => ({
      'message-revisions': [{ sessionId: returned, appendedRevision: 5, createdRevision: 5 }],
    }),
  ],
  [
    'a session changed before it was created',
    ({ empty }) => [
      `UPDATE "ChatSession" SET "createdAt" = "updatedAt" + interval '1 s' WHERE id = '${empty}'`,
    ],
    ({ empty }) => ({ 'session-times': [{ sessionId: empty }] }),
  ],
  ...(['totalPromptTokens', 'totalCompletionTokens'] as const).map((counter): Damage => [
    `${counter} are negative`,
    ({ session }) => [`UPDATE "ChatSession" SET "${counter}" = -1 WHERE id = '${session}'`],
    ({ session }) => ({ 'session-values': [{ sessionId: session, [counter]: -1 }] }),
  ]),
  ...(['successfulAgentRuns', 'successfulAgentSchedules'] as const).map((map): Damage => [
    `${map} are a list`,
    ({ session }) => [`UPDATE "ChatSession" SET "${map}" = '["secret"]' WHERE id = '${session}'`],
    ({ session }) => ({ 'session-values': [{ sessionId: session, [map]: 'array' }] }),
  ]),
  [
    'credentials are a text',
    ({ session }) => [`UPDATE "ChatSession" SET credentials = '"secret"' WHERE id = '${session}'`],
    ({ session }) => ({ credentials: [{ sessionId: session }] }),
  ],
  [
    'a session that came back counts from the start',
    ({ returned }) => [`UPDATE "DeletedChatSession" SET revision = revision + 1 WHERE id = '${returned}'`],
    ({ returned }) => ({ deletions: [{ sessionId: returned }] }),
  ],
  [
    'a session is lost',
    ({ gapped }) => [
      `ALTER TABLE "ChatMessage" DROP CONSTRAINT "ChatMessage_sessionId_fkey"`,
      `DELETE FROM "ChatSession" WHERE id = '${gapped}'`,
    ],
    ({ gapped }) => ({
      schema: [{ name: 'ChatMessage_sessionId_fkey' }],
      'messages-without-session': [{ sessionId: gapped }, { sessionId: gapped }, { sessionId: gapped }],
    }),
  ],
  [
    'a sequence was given twice',
    ({ other }) => [
      `DROP INDEX "ChatMessage_sessionId_sequence_key"`,
      `UPDATE "ChatMessage" SET sequence = 0 WHERE id = '${other}'`,
    ],
    ({ session }) => ({
      schema: [{ name: 'ChatMessage_sessionId_sequence_key' }],
      sequences: [{ sessionId: session, sequence: 0, messages: 2 }],
    }),
  ],
  [
    'a sequence is negative',
    ({ user }) => [`UPDATE "ChatMessage" SET sequence = -1 WHERE id = '${user}'`],
    ({ session }) => ({ sequences: [{ sessionId: session, sequence: -1 }] }),
  ],
  [
    'a change has the revision of an append',
    ({ tool }) => [`UPDATE "ChatMessage" SET revision = 2 WHERE id = '${tool}'`],
    ({ session }) => ({ 'shared-revisions': [{ sessionId: session, revision: 2, changes: 2 }] }),
  ],
  [
    'two appends have the same revision',
    ({ later, session }) => [
      `UPDATE "ChatSession" SET "createdAt" = "createdAt" - interval '1 hour' WHERE id = '${session}'`,
      `UPDATE "ChatMessage" SET revision = 1, "appendedRevision" = 1, "createdAt" = "createdAt" - interval '1 minute',
         "updatedAt" = "updatedAt" - interval '1 minute' WHERE id = '${later}'`,
    ],
    ({ session }) => ({ 'shared-revisions': [{ sessionId: session, revision: 1, changes: 2 }] }),
  ],
  [
    'a piece of a text has the revision of an append',
    ({ growing, silent }) => [
      `UPDATE "ChatMessage" SET "sessionId" = (SELECT "sessionId" FROM "ChatMessage" WHERE id = '${growing}'),
         sequence = 1, revision = 3, "appendedRevision" = 3 WHERE id = '${silent}'`,
      `UPDATE "ChatMessageStream" st SET revision = m.revision
       FROM "ChatMessage" m WHERE m.id = st."messageId" AND m.id = '${silent}'`,
      `UPDATE "ChatSession" s SET "messageCount" = 2, "nextSequence" = 2, "updatedAt" = now() + interval '1 hour'
       FROM "ChatMessage" m WHERE m."sessionId" = s.id AND m.id = '${growing}'`,
      `UPDATE "ChatSession" s SET "messageCount" = 0, "nextSequence" = 0
       WHERE "messageCount" = 1 AND NOT EXISTS (SELECT FROM "ChatMessage" m WHERE m."sessionId" = s.id)`,
    ],
    () => ({ 'shared-revisions': [{ revision: 3, changes: 2 }] }),
  ],
  [
    'a message changed after its session',
    ({ last }) => [
      `UPDATE "ChatMessage" SET "updatedAt" = "updatedAt" + interval '1 hour' WHERE id = '${last}'`,
    ],
    ({ last }) => ({ 'message-times': [{ messageId: last }] }),
  ],
  [
    'a message changed before its time',
    ({ last }) => [
      `UPDATE "ChatMessage" SET "updatedAt" = "createdAt" - interval '1 ms' WHERE id = '${last}'`,
    ],
    ({ last }) => ({ 'message-times': [{ messageId: last }] }),
  ],
  [
    'a message came before its session',
    ({ user }) => [
      `UPDATE "ChatMessage" SET "createdAt" = "createdAt" - interval '1 hour' WHERE id = '${user}'`,
    ],
    // It did not come with its batch either.
    ({ user, session }) => ({
      'shared-revisions': [{ sessionId: session, revision: 1, changes: 2 }],
      'message-times': [{ messageId: user }],
    }),
  ],
  [
    'a hash is cut',
    ({ user }) => [`UPDATE "ChatMessage" SET "bodyHash" = '\\x00' WHERE id = '${user}'`],
    ({ user }) => ({ hashes: [{ messageId: user, bodyHashBytes: 1, finishHashBytes: null }] }),
  ],
  [
    'a hash of an end is cut',
    ({ complete }) => [`UPDATE "ChatMessage" SET "finishHash" = '' WHERE id = '${complete}'`],
    ({ complete }) => ({ hashes: [{ messageId: complete, bodyHashBytes: 32, finishHashBytes: 0 }] }),
  ],
  [
    'a message has the hash of another owner',
    ({ user }) => [`UPDATE "ChatMessage" SET "ownerHash" = sha256('somebody') WHERE id = '${user}'`],
    ({ user }) => ({ 'owner-hashes': [{ messageId: user }] }),
  ],
  [
    'a text was changed',
    ({ user }) => [`UPDATE "ChatMessage" SET content = content || ' ' WHERE id = '${user}'`],
    ({ user }) => ({ bodies: [{ messageId: user, sequence: 0 }] }),
  ],
  [
    'an empty text was lost',
    ({ other }) => [`UPDATE "ChatMessage" SET content = NULL WHERE id = '${other}'`],
    ({ other }) => ({ bodies: [{ messageId: other, sequence: 3 }] }),
  ],
  [
    'keys of tool calls were put in another order',
    ({ assistant }) => [
      `UPDATE "ChatMessage" SET "toolCalls" = "toolCalls"::jsonb::json WHERE id = '${assistant}'`,
    ],
    ({ assistant }) => ({ bodies: [{ messageId: assistant, sequence: 1 }] }),
  ],
  [
    'a function call is a list',
    ({ tool }) => [`UPDATE "ChatMessage" SET "functionCall" = '[]' WHERE id = '${tool}'`],
    ({ tool }) => ({ 'message-json': [{ messageId: tool }] }),
  ],
  [
    'tool calls are an object',
    ({ tool }) => [`UPDATE "ChatMessage" SET "toolCalls" = '{}' WHERE id = '${tool}'`],
    ({ tool }) => ({ 'message-json': [{ messageId: tool }] }),
  ],
  [
    'a tool call is a number',
    ({ tool }) => [`UPDATE "ChatMessage" SET "toolCalls" = '[{}, 1]' WHERE id = '${tool}'`],
    ({ tool }) => ({ 'message-json': [{ messageId: tool }] }),
  ],
  [
    'a message was cancelled by nobody',
    ({ cancelled }) => [`UPDATE "ChatMessage" SET "finishHash" = NULL WHERE id = '${cancelled}'`],
    ({ cancelled }) => ({ statuses: [{ messageId: cancelled, status: 'cancelled' }] }),
  ],
  [
    'a message failed that was never streamed',
    ({ user }) => [`UPDATE "ChatMessage" SET status = 'failed' WHERE id = '${user}'`],
    ({ user }) => ({ statuses: [{ messageId: user, status: 'failed' }] }),
  ],
  [
    'a message was finished at its start',
    ({ complete }) => [`UPDATE "ChatMessage" SET revision = "appendedRevision" WHERE id = '${complete}'`],
    ({ complete }) => ({ statuses: [{ messageId: complete, status: 'complete' }] }),
  ],
  [
    'a message failed at its start',
    ({ failed }) => [`UPDATE "ChatMessage" SET revision = "appendedRevision" WHERE id = '${failed}'`],
    ({ failed }) => ({ statuses: [{ messageId: failed, status: 'failed' }] }),
  ],
  [
    'a message was cancelled at its start',
    ({ cancelled }) => [`UPDATE "ChatMessage" SET revision = "appendedRevision" WHERE id = '${cancelled}'`],
    ({ cancelled }) => ({ statuses: [{ messageId: cancelled, status: 'cancelled' }] }),
  ],
  [
    'a message in progress has changed',
    ({ silent }) => [
      `UPDATE "ChatSession" SET revision = 2 WHERE id = (SELECT "sessionId" FROM "ChatMessage" WHERE id = '${silent}')`,
      `UPDATE "ChatMessage" SET revision = 2 WHERE id = '${silent}'`,
    ],
    ({ silent }) => ({ statuses: [{ messageId: silent, status: 'in_progress' }] }),
  ],
  [
    'a message in progress has ended',
    ({ silent }) => [`UPDATE "ChatMessage" SET "finishHash" = "bodyHash" WHERE id = '${silent}'`],
    ({ silent }) => ({ statuses: [{ messageId: silent, status: 'in_progress' }] }),
  ],
  [
    'a tool has streamed',
    ({ complete }) => [`UPDATE "ChatMessage" SET role = 'tool' WHERE id = '${complete}'`],
    ({ complete }) => ({ statuses: [{ messageId: complete, status: 'complete' }] }),
  ],
  [
    'a message has its text twice',
    ({ growing }) => [`UPDATE "ChatMessage" SET content = 'Hello' WHERE id = '${growing}'`],
    ({ growing }) => ({ statuses: [{ messageId: growing, status: 'in_progress' }] }),
  ],
  [
    'a stream is lost',
    ({ silent }) => [`DELETE FROM "ChatMessageStream" WHERE "messageId" = '${silent}'`],
    ({ silent }) => ({ 'open-messages': [{ messageId: silent }] }),
  ],
  [
    'a stream outlived its message',
    ({ complete }) => [
      `INSERT INTO "ChatMessageStream" ("messageId", "sessionId", length, bytes, revision, "updatedAt")
       SELECT id, "sessionId", 0, 0, 1, now() FROM "ChatMessage" WHERE id = '${complete}'`,
    ],
    ({ complete }) => ({ streams: [{ messageId: complete }] }),
  ],
  [
    'a stream is in another session than its message',
    ({ growing, session }) => [
      `ALTER TABLE "ChatMessageStream" DROP CONSTRAINT "ChatMessageStream_sessionId_messageId_fkey"`,
      `UPDATE "ChatMessageStream" SET "sessionId" = '${session}' WHERE "messageId" = '${growing}'`,
    ],
    ({ growing, session }) => ({
      schema: [{ name: 'ChatMessageStream_sessionId_messageId_fkey' }],
      'open-messages': [{ messageId: growing }],
      streams: [{ messageId: growing, sessionId: session }],
    }),
  ],
  [
    'a piece belongs to nothing',
    ({ user, session }) => [
      `ALTER TABLE "ChatMessageChunk" DROP CONSTRAINT "ChatMessageChunk_sessionId_messageId_fkey"`,
      `INSERT INTO "ChatMessageChunk" ("sessionId", "messageId", revision, "offset", delta)
       VALUES ('${session}', '${user}', 1, 0, 'secret')`,
    ],
    ({ user, session }) => ({
      schema: [{ name: 'ChatMessageChunk_sessionId_messageId_fkey' }],
      'chunks-without-stream': [{ sessionId: session, messageId: user, revision: 1 }],
    }),
  ],
  ...(
    [
      ['a stream is longer than its pieces', 'length = length + 1'],
      ['a stream has more bytes than its pieces', 'bytes = bytes + 1'],
      ['a stream is behind its pieces', 'revision = revision - 1'],
    ] as const
  ).map(([what, change]): Damage => [
    what,
    ({ growing }) => [`UPDATE "ChatMessageStream" SET ${change} WHERE "messageId" = '${growing}'`],
    ({ growing }) => ({ 'stream-texts': [{ messageId: growing }] }),
  ]),
  [
    'a piece is lost',
    ({ growing }) => [`DELETE FROM "ChatMessageChunk" WHERE "messageId" = '${growing}' AND revision = 2`],
    ({ growing }) => ({
      'stream-texts': [{ messageId: growing, length: 20, lengthOfPieces: 17, contiguous: false }],
    }),
  ],
  [
    'a piece stands somewhere else',
    ({ growing }) => [
      `UPDATE "ChatMessageChunk" SET "offset" = "offset" + 1 WHERE "messageId" = '${growing}' AND revision = 3`,
    ],
    ({ growing }) => ({ 'stream-texts': [{ messageId: growing, contiguous: false }] }),
  ],
  [
    'a piece is older than its message',
    ({ growing }) => [
      `UPDATE "ChatMessage" SET revision = 2, "appendedRevision" = 2 WHERE id = '${growing}'`,
    ],
    ({ growing }) => ({ 'stream-texts': [{ messageId: growing }] }),
  ],
  [
    'a piece is newer than its session',
    ({ growing }) => [
      `UPDATE "ChatSession" SET revision = 3 WHERE id = (SELECT "sessionId" FROM "ChatMessage" WHERE id = '${growing}')`,
    ],
    ({ growing }) => ({ 'stream-texts': [{ messageId: growing, revision: 4 }] }),
  ],
  [
    'an index is lost',
    () => [`DROP INDEX "ChatMessage_sessionId_toolCallId_idx"`],
    () => ({ schema: [{ name: 'ChatMessage_sessionId_toolCallId_idx' }] }),
  ],
  [
    'a migration was changed after it was applied',
    () => [`UPDATE _prisma_migrations SET checksum = 'other' WHERE migration_name LIKE '%_init'`],
    () => ({ migrations: [{ migration: expect.stringMatching(/_init$/), problem: 'changed' }] }),
  ],
  [
    'a migration did not come to its end',
    () => [
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ('x', 'x', '20990101000000_new', now())`,
    ],
    () => ({ migrations: [{ migration: '20990101000000_new', problem: 'unfinished' }] }),
  ],
];
