import type { ChatMessage, ChatSession } from './generated/prisma/client.js';
import type { JsonText, StoredCredentials, Timestamp } from './row-values.js';

/**
 * Rows as the statements give them. The types are the model's, except for values that row-values.ts leaves as they
 * come. A row that was selected with a list of columns holds those alone, and whoever lists the columns
 * (schema/columns.ts, from the fields of the query) answers for reading no others.
 */
export type ChatSessionRow = Omit<AsRead<ChatSession>, 'credentials'> & {
  readonly credentials: StoredCredentials;
  /** That of the database from which the row was read. No column of the table. */
  readonly epoch: string;
};
export type ChatMessageRow = AsRead<ChatMessage, 'toolCalls' | 'functionCall'>;

type AsRead<Model extends Times, Json extends keyof Model = never> = Omit<Model, Json | keyof Times> &
  Record<keyof Times, Timestamp> &
  Record<Json, JsonText | null>;

interface Times {
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type ChatSessionColumn = keyof ChatSessionRow;
export type ChatMessageColumn = keyof ChatMessageRow;

/** All columns of a session, and its epoch. */
export const chatSessionColumns = [
  'id',
  'userId',
  'title',
  'credentials',
  'successfulAgentRuns',
  'successfulAgentSchedules',
  'totalPromptTokens',
  'totalCompletionTokens',
  'messageCount',
  'nextSequence',
  'revision',
  'epoch',
  'createdAt',
  'updatedAt',
] as const satisfies readonly ChatSessionColumn[];

/** All columns of a message that anybody reads: the hash of its body only serves to tell replays. */
export const chatMessageColumns = [
  'id',
  'sessionId',
  'sequence',
  'role',
  'content',
  'name',
  'toolCallId',
  'refusal',
  'toolCalls',
  'functionCall',
  'revision',
  'status',
  'createdAt',
  'updatedAt',
] as const satisfies readonly ChatMessageColumn[];

/** What a message is known by. */
export interface MessageKey {
  readonly sessionId: string;
  /** Unique within the session. */
  readonly messageId: string;
}

/** The maps of a session that the database can read: names to JSON values. */
export const sessionMaps = [
  'successfulAgentRuns',
  'successfulAgentSchedules',
] as const satisfies readonly ChatSessionColumn[];
export type SessionMap = (typeof sessionMaps)[number];

/** The counters of a session that callers keep. */
export const tokenCounters = [
  'totalPromptTokens',
  'totalCompletionTokens',
] as const satisfies readonly ChatSessionColumn[];
export type TokenCounter = (typeof tokenCounters)[number];
