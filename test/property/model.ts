import { isDeepStrictEqual } from 'node:util';
import type { ChatMessageStatus, UpdateChatSessionInput } from '../support/generated/graphql.js';
import type { Answer, Held, Message, MessageInput, Name, Operation, Session } from './protocol.js';

// What a ledger is when nobody else is there: one request after the other, no database, no clock, no failures. It says
// again, in the shortest way, what schema.graphql promises, and shares nothing with src/.

interface StoredMessage {
  seen: Message;
  /** What it was appended with, or started: tells a retry from another message with the same id. */
  readonly brought: string;
  /** What it was finished with. */
  finishedWith?: string;
  /** Whether its content was changed since it came. */
  updated?: boolean;
}

interface StoredSession {
  readonly owner: string;
  seen: Session;
  readonly messages: StoredMessage[];
}

const maxTokens = 2_147_483_647;
const maps = ['credentials', 'successfulAgentRuns', 'successfulAgentSchedules'] as const;
const counters = [
  ['totalPromptTokens', 'addPromptTokens'],
  ['totalCompletionTokens', 'addCompletionTokens'],
] as const;
const notFound: Answer = { is: 'NotFoundError' };

/** A name may stand for a session of one owner, and after its deletion for one of another. */
function deletionKey({ session, by }: Operation & { what: 'create' | 'delete' }): string {
  return `${session} of ${by}`;
}

/** All sessions of all users. */
export class Model {
  readonly #sessions = new Map<Name, StoredSession>();
  /** The revision at which an owner's session of that name was deleted. */
  readonly #deletions = new Map<string, number>();

  copy(): Model {
    const copy = new Model();
    for (const [name, session] of this.#sessions) {
      const messages = session.messages.map((message) => ({ ...message }));
      copy.#sessions.set(name, { ...session, messages });
    }
    for (const [name, revision] of this.#deletions) copy.#deletions.set(name, revision);
    return copy;
  }

  /** Says all of it: the same text is the same ledger. */
  toString(): string {
    return JSON.stringify([[...this.#sessions], [...this.#deletions]]);
  }

  /** A session as it is; null when there is none. */
  read(name: Name): Held | null {
    const found = this.#sessions.get(name);
    if (!found) return null;
    return { owner: found.owner, session: found.seen, messages: found.messages.map(({ seen }) => seen) };
  }

  /** The length of the text of a message in UTF-16 code units; 0 when there is none. */
  lengthOf(session: Name, name: Name): number {
    return messageOf(this.#sessions.get(session), name)?.seen.content?.length ?? 0;
  }

  /** Carries out a request as if it were the only one. */
  apply(operation: Operation): Answer {
    switch (operation.what) {
      case 'create':
        return this.#create(operation);
      case 'update': {
        const { changes } = operation;
        const twice = counters.find(([set, add]) => changes[set] != null && changes[add] != null);
        if (twice) return { is: 'BAD_USER_INPUT', path: `input.${twice[1]}` };
        break;
      }
      case 'append':
      case 'start': {
        const path = ambiguousId(operation);
        if (path !== null) return { is: 'BAD_USER_INPUT', path };
        break;
      }
      case 'delete':
      case 'answer tool':
      case 'extend':
      case 'finish':
        break;
    }
    const session = this.#sessions.get(operation.session);
    if (session?.owner !== operation.by) {
      const isRepeated = operation.what === 'delete' && this.#deletions.has(deletionKey(operation));
      return isRepeated ? { is: 'deleted', replayed: true } : notFound;
    }
    switch (operation.what) {
      case 'update':
        return this.#update(session, operation.changes);
      case 'delete':
        this.#sessions.delete(operation.session);
        this.#deletions.set(deletionKey(operation), session.seen.revision + 1);
        return { is: 'deleted', replayed: false };
      case 'append':
        return this.#store(
          session,
          operation.sequence,
          operation.messages.map((message) => ({
            message,
            brought: broughtBy(message),
            status: 'COMPLETE',
          })),
        );
      case 'start': {
        const { id, name } = operation;
        const content = operation.content === '' ? null : operation.content;
        const nothing = { toolCallId: null, refusal: null, toolCalls: null, functionCall: null };
        const message = { id, role: 'ASSISTANT', content, name, ...nothing } as const;
        const brought = `start ${JSON.stringify({ name, content })}`;
        return this.#store(session, null, [{ message, brought, status: 'IN_PROGRESS' }]);
      }
      case 'answer tool':
        return answerTool(session, operation);
      case 'extend':
        return extend(session, operation);
      case 'finish':
        return finish(session, operation);
    }
  }

  #create(operation: Operation & { what: 'create' }): Answer {
    const { by, session: name, given } = operation;
    const there = this.#sessions.get(name);
    if (there?.owner === by) return { is: 'created', created: false, session: there.seen };
    if (there) return { is: 'ChatSessionIdTakenError' };
    const deleted = this.#deletions.get(deletionKey(operation));
    const seen: Session = {
      title: titleOf(given.title),
      credentials: given.credentials ?? {},
      successfulAgentRuns: given.successfulAgentRuns ?? {},
      successfulAgentSchedules: given.successfulAgentSchedules ?? {},
      totalPromptTokens: 0,
      totalCompletionTokens: 0,
      messageCount: 0,
      nextSequence: 0,
      revision: deleted === undefined ? 0 : deleted + 1,
    };
    this.#sessions.set(name, { owner: by, seen, messages: [] });
    return { is: 'created', created: true, session: seen };
  }

  #update(session: StoredSession, changes: Omit<UpdateChatSessionInput, 'id'>): Answer {
    const before = session.seen;
    const after = { ...before };
    const { title } = changes;
    if (title !== undefined && !(changes.onlyIfUntitled && before.title !== null))
      after.title = titleOf(title);
    for (const map of maps) {
      const given = changes[map];
      if (given) after[map] = changes.jsonUpdate === 'MERGE' ? merged(before[map], given) : given;
    }
    for (const [set, add] of counters) {
      after[set] = changes[set] ?? before[set] + (changes[add] ?? 0);
      if (after[set] > maxTokens) return { is: 'BAD_USER_INPUT', path: `input.${add}` };
    }
    if (!isDeepStrictEqual(before, after)) session.seen = { ...after, revision: before.revision + 1 };
    return { is: 'updated', session: session.seen };
  }

  #store(
    session: StoredSession,
    chosen: number | null,
    incoming: readonly { message: MessageInput; brought: string; status: ChatMessageStatus }[],
  ): Answer {
    if (incoming.length === 0) return { is: 'stored', replayed: false, messages: [] };
    const known = incoming.flatMap(({ message: { id } }, place) => {
      const stored = id === null ? undefined : messageOf(session, id);
      return stored ? [{ stored, place }] : [];
    });
    const [first] = known;
    if (first) {
      const start = first.stored.seen.sequence - first.place;
      const there = incoming.map((_, place) =>
        session.messages.find(({ seen }) => seen.sequence === start + place),
      );
      const isReplay = incoming.every(
        ({ message, brought }, place) =>
          there[place]?.brought === brought && (message.id === null || message.id === there[place].seen.id),
      );
      if (isReplay && (chosen ?? start) === start) {
        return {
          is: 'stored',
          replayed: true,
          messages: there.flatMap((stored) => (stored ? [stored.seen] : [])),
        };
      }
      return { is: 'MessageIdConflictError', anyOf: known.map(({ stored }) => stored.seen.id ?? '') };
    }

    const { nextSequence, messageCount, revision } = session.seen;
    const start = chosen ?? nextSequence;
    const end = start + incoming.length;
    if (session.messages.some(({ seen: { sequence } }) => sequence >= start && sequence < end))
      return { is: 'SequenceConflictError', nextSequence };
    session.seen = {
      ...session.seen,
      nextSequence: Math.max(nextSequence, end),
      messageCount: messageCount + incoming.length,
      revision: revision + 1,
    };
    const stored = incoming.map(({ message, brought, status }, place) => ({
      brought,
      seen: { ...message, status, sequence: start + place, revision: revision + 1 },
    }));
    session.messages.push(...stored);
    session.messages.sort((a, b) => a.seen.sequence - b.seen.sequence);
    return { is: 'stored', replayed: false, messages: stored.map(({ seen }) => seen) };
  }
}

/** An id names a message within its session. */
function messageOf(session: StoredSession | undefined, name: Name): StoredMessage | undefined {
  return session?.messages.find(({ seen }) => seen.id === name);
}

function extend(
  session: StoredSession,
  { message: name, offset, delta }: Operation & { what: 'extend' },
): Answer {
  const message = messageOf(session, name);
  if (!message) return notFound;
  const { status, revision } = message.seen;
  const content = message.seen.content ?? '';
  const { length } = content;
  if (status === 'IN_PROGRESS' && (offset === length || offset === 'end')) {
    if (delta !== '') change(session, message, { content: content + delta });
    return {
      is: 'extended',
      replayed: false,
      length: length + delta.length,
      revision: message.seen.revision,
    };
  }
  if (delta !== '' && offset !== 'end' && content.startsWith(delta, offset))
    return { is: 'extended', replayed: true, length, revision };
  if (status !== 'IN_PROGRESS') return { is: 'MessageNotInProgressError', status };
  return { is: 'OffsetConflictError', length };
}

function finish(session: StoredSession, { message: name, end }: Operation & { what: 'finish' }): Answer {
  const message = messageOf(session, name);
  if (!message) return notFound;
  const { status, content, toolCalls, refusal } = message.seen;
  const { promptTokens, completionTokens } = { ...end.usage };
  const [prompt, completion] = [promptTokens ?? 0, completionTokens ?? 0];
  const finishedWith = JSON.stringify([
    end.status,
    end.content ?? null,
    sorted(end.toolCalls),
    end.refusal ?? null,
    prompt,
    completion,
  ]);
  if (message.finishedWith === finishedWith) return { is: 'finished', replayed: true, message: message.seen };
  if (status !== 'IN_PROGRESS') return { is: 'MessageNotInProgressError', status };
  message.finishedWith = finishedWith;
  change(session, message, {
    status: end.status,
    content: end.content ?? content,
    toolCalls: end.toolCalls ?? toolCalls,
    refusal: end.refusal ?? refusal,
  });
  if (prompt + completion > 0) {
    const { totalPromptTokens, totalCompletionTokens, revision } = session.seen;
    session.seen = {
      ...session.seen,
      totalPromptTokens: Math.min(maxTokens, totalPromptTokens + prompt),
      totalCompletionTokens: Math.min(maxTokens, totalCompletionTokens + completion),
      revision: revision + 1,
    };
  }
  return { is: 'finished', replayed: false, message: message.seen };
}

/** Changes a message that is there, which is a change of its session. */
function change(session: StoredSession, message: StoredMessage, changes: Partial<Message>): void {
  const revision = session.seen.revision + 1;
  session.seen = { ...session.seen, revision };
  message.seen = { ...message.seen, ...changes, revision };
}

function answerTool(
  session: StoredSession,
  { toolCallId, message: name, content, expectedContent }: Operation & { what: 'answer tool' },
): Answer {
  const answers = session.messages.filter(
    ({ seen }) =>
      seen.role === 'TOOL' && seen.toolCallId === toolCallId && (name === null || seen.id === name),
  );
  const newestOf = (holds: (content: string | null) => boolean) =>
    answers.findLast(({ seen }) => holds(seen.content));
  const isExpecting = expectedContent !== undefined;
  const last = answers.reduce<StoredMessage | undefined>(
    (latest, each) => (each.seen.revision < (latest?.seen.revision ?? 0) ? latest : each),
    undefined,
  );
  const meant =
    (isExpecting
      ? (newestOf((held) => held === expectedContent) ?? newestOf((held) => held === content))
      : undefined) ??
    newestOf((held) => held === null) ??
    // A retry finds what its first try wrote.
    (last?.updated && last.seen.content === content ? last : answers.at(-1));
  if (!meant) return notFound;
  const { content: currentContent } = meant.seen;
  if (currentContent !== content) {
    if (isExpecting && expectedContent !== currentContent)
      return { is: 'ContentConflictError', currentContent };
    change(session, meant, { content });
    meant.updated = true;
  }
  return { is: 'answered tool', message: meant.seen };
}

/** The field of the first id that stands for two things in one input. */
function ambiguousId(operation: Operation & { what: 'append' | 'start' }): string | null {
  if (operation.what === 'start') return operation.id === operation.session ? 'input.id' : null;
  const { session, messages, single } = operation;
  const ids = messages.map(({ id }) => id);
  const place = ids.findIndex((id, index) => id !== null && (id === session || ids.indexOf(id) < index));
  if (place === -1) return null;
  return single ? 'input.message.id' : `input.messages.${place}.id`;
}

/** What is given as null goes; what was null before and is not named stays. */
function merged(before: object, given: object): object {
  const kept = Object.entries(before).filter(([key]) => !Object.hasOwn(given, key));
  return Object.fromEntries([...kept, ...Object.entries(given).filter(([, value]) => value !== null)]);
}

/** A title of nothing but blanks is none. */
function titleOf(title: string | null | undefined): string | null {
  return title == null || ['', ' ', '\u200b\n'].includes(title) ? null : title;
}

/** What a message is known by: equal JSON is the same, in whatever order its keys are. */
function broughtBy({ toolCalls, functionCall, ...message }: MessageInput): string {
  return JSON.stringify([{ ...message, id: null }, sorted(toolCalls), sorted(functionCall)]);
}

/** A JSON text with the keys of each object in alphabetical order. */
function sorted(json: string | null): string | null {
  if (json === null) return null;
  return JSON.stringify(JSON.parse(json), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
