import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { DatabaseError } from '../data/database-error.js';
import { deleteSession, findOwner, insertSession } from '../data/queries/session-lifetime.js';
import { wasDeleted } from '../data/queries/tombstones.js';
import { withRetry, unrepeatable, retryOnRace } from '../data/retry.js';
import { sessionMaps, tokenCounters, type ChatSessionColumn, type ChatSessionRow } from '../data/rows.js';
import { readSessions } from '../data/statements/by-id.js';
import { readEpoch } from '../data/statements/epoch.js';
import type { JsonMessages } from '../data/statements/sessions-with-messages.js';
import { updateSession, type SessionChanges, type UpdateRefusal } from '../data/statements/update-session.js';
import { ChatSessionIdTakenError, InvalidInputError, NotFoundError } from '../errors.js';
import { changeCredentials, overfullMap, type CredentialsChange } from './credentials.js';
import { integer, jsonMap, parseInput, title as titleText, uuid } from './input.js';
import { writing, type Ledger } from './ledger.js';
import { maxJsonBytes, maxTokens } from './limits.js';
import { actingUser } from './owner.js';

/**
 * A session that the viewer may see, or null.
 *
 * @param messages what to read of its messages, with it
 * @throws InvalidInputError when the id is no UUID
 */
export function findSession(
  { loaders }: Ledger,
  id: string,
  columns: readonly ChatSessionColumn[],
  messages?: JsonMessages,
): Promise<ChatSessionRow | null> {
  const known = parseInput(uuid, id, ['id']);
  return messages
    ? loaders.sessionsWithMessages.load({ id: known, what: { columns, messages } })
    : loaders.sessions.load({ id: known, what: columns });
}

/** The session of a message that the viewer was shown. @throws NotFoundError when it was deleted meanwhile */
export async function sessionOf(
  { loaders }: Ledger,
  { sessionId }: { sessionId: string },
  columns: readonly ChatSessionColumn[],
): Promise<ChatSessionRow> {
  const session = await loaders.sessions.load({ id: sessionId, what: columns });
  if (!session) throw noSession();
  return session;
}

const createInput = z.object({
  id: uuid.nullish(),
  userId: z.string().nullish(),
  title: titleText.nullish(),
  credentials: jsonMap.nullish(),
  successfulAgentRuns: jsonMap.nullish(),
  successfulAgentSchedules: jsonMap.nullish(),
});

/**
 * Creates a session. The same id again by the same owner gives the session that is there, unchanged.
 *
 * @throws ChatSessionIdTakenError, InvalidInputError, ForbiddenError, CredentialsUnavailableError
 */
export async function createSession(
  ledger: Ledger,
  input: z.input<typeof createInput>,
  columns: readonly ChatSessionColumn[],
): Promise<{ chatSession: ChatSessionRow; created: boolean }> {
  const { title = null, userId, ...given } = parseInput(createInput, input, ['input']);
  const { database } = ledger;
  const owner = actingUser(ledger, userId, ['input', 'userId']);
  const isBrought = given.id != null;
  const id = given.id ?? uuidv7();
  const credentials = ledger.cipher.encrypt(id, JSON.stringify(given.credentials ?? {}));
  const session = { ...given, id, userId: owner, title, credentials };

  const attempt = async () => {
    // Read before: a database that takes the place of this one meanwhile has another epoch than that.
    const epoch = columns.includes('epoch') ? await readEpoch(database) : '';
    const created = await insertSession(database, session, isBrought);
    if (created) return { chatSession: { ...created, epoch }, created: true };
    const [known] = await readSessions(database, owner, [id], columns);
    if (known) return { chatSession: known, created: false };
    const other = await findOwner(database, id);
    if (other !== null && other !== owner) throw new ChatSessionIdTakenError();
    // It has gone meanwhile, or has just come back.
    return undefined;
  };
  const write = (once: typeof attempt) => withRetry(() => retryOnRace(once));
  const result = await writing(ledger, () =>
    isBrought ? write(attempt) : unrepeatable(ledger.scope, attempt, write),
  );
  if (result.created) ledger.notifier.notify(id);
  return result;
}

const tokens = integer(0, maxTokens);

const updateInput = z.object({
  id: uuid,
  title: titleText.nullish(),
  credentials: jsonMap.nullish(),
  successfulAgentRuns: jsonMap.nullish(),
  successfulAgentSchedules: jsonMap.nullish(),
  jsonUpdate: z.enum(['replace', 'merge']).nullish(),
  totalPromptTokens: tokens.nullish(),
  totalCompletionTokens: tokens.nullish(),
  addPromptTokens: tokens.nullish(),
  addCompletionTokens: tokens.nullish(),
  onlyIfUntitled: z.boolean().nullish(),
});

const addFields = {
  totalPromptTokens: 'addPromptTokens',
  totalCompletionTokens: 'addCompletionTokens',
} as const;

const capacity = { mapBytes: maxJsonBytes, tokens: maxTokens };

/**
 * Changes what the input names: absent leaves, and a title of null clears it.
 *
 * @throws NotFoundError, InvalidInputError, CredentialsUnavailableError
 */
export async function changeSession(
  ledger: Ledger,
  input: z.input<typeof updateInput>,
  columns: readonly ChatSessionColumn[],
): Promise<ChatSessionRow> {
  const { database, owner } = ledger;
  const { id, ...fields } = parseInput(updateInput, input, ['input']);
  const changes = toChanges(fields);
  const credentials = toCredentialsChange(fields);
  if (namesNothing(changes) && !credentials) {
    const [unchanged] = await readSessions(database, owner, [id], columns);
    if (!unchanged) throw noSession();
    return unchanged;
  }
  const update = (all: SessionChanges) => updateSession(database, owner, id, all, capacity, columns);
  const send = async () => {
    const sent = await (credentials
      ? changeCredentials(ledger, id, credentials, (made) => update({ ...changes, credentials: made }))
      : update(changes));
    if (!sent) throw noSession();
    if (sent.refusal !== null) throw refusalError(sent.refusal);
    return sent;
  };
  // What adds to a counter would add twice if the first try had taken effect unseen.
  const adds = Object.values(changes.counters).some(({ how }) => how === 'add');
  const session = await writing(ledger, () =>
    adds ? unrepeatable(ledger.scope, send, (once) => once()) : withRetry(send),
  );
  ledger.notifier.notify(id);
  return session;
}

function refusalError(refusal: UpdateRefusal): Error {
  switch (refusal) {
    case 'totalPromptTokens':
    case 'totalCompletionTokens':
      return new InvalidInputError(`The counter would grow beyond ${maxTokens}.`, [
        'input',
        addFields[refusal],
      ]);
    case 'successfulAgentRuns':
    case 'successfulAgentSchedules':
      return overfullMap(refusal);
    case 'overtaken':
      return new DatabaseError('conflict', undefined, undefined);
  }
}

type UpdateFields = Omit<z.output<typeof updateInput>, 'id'>;

/** What the input names beside credentials. */
function toChanges(fields: UpdateFields): SessionChanges {
  const how = fields.jsonUpdate ?? 'replace';
  const maps: SessionChanges['maps'] = {};
  for (const key of sessionMaps) {
    const value = fields[key];
    if (value) maps[key] = { how, value };
  }
  const counters: SessionChanges['counters'] = {};
  for (const key of tokenCounters) {
    const [set, add] = [fields[key], fields[addFields[key]]];
    if (set != null && add != null) {
      throw new InvalidInputError(`Set ${key} or add to it, not both.`, ['input', addFields[key]]);
    }
    if (set != null) counters[key] = { how: 'set', tokens: set };
    if (add != null) counters[key] = { how: 'add', tokens: add };
  }
  if (fields.title === undefined) return { maps, counters };
  return { title: { value: fields.title, onlyIfUntitled: fields.onlyIfUntitled ?? false }, maps, counters };
}

function namesNothing({ title, maps, counters }: SessionChanges): boolean {
  return title === undefined && Object.keys({ ...maps, ...counters }).length === 0;
}

function toCredentialsChange({ credentials, jsonUpdate }: UpdateFields): CredentialsChange | undefined {
  return credentials ? { how: jsonUpdate ?? 'replace', value: credentials } : undefined;
}

const deleteInput = z.object({ id: uuid });

/**
 * Deletes a session with its messages. One that was deleted before is a replay, for as long as its tombstone is kept.
 *
 * @throws NotFoundError, InvalidInputError
 */
export async function removeSession(
  ledger: Ledger,
  input: { id: string },
): Promise<{ id: string; replayed: boolean }> {
  const { database, owner } = ledger;
  const { id } = parseInput(deleteInput, input, ['input']);
  const remove = async () => {
    if (await deleteSession(database, owner, id)) return { id, replayed: false };
    // Afterwards, to see the tombstone of a deletion that this one had to wait for.
    return (await wasDeleted(database, owner, id)) ? { id, replayed: true } : null;
  };
  const removed = await writing(ledger, () => withRetry(remove));
  if (!removed) throw noSession();
  // After a replay too: the first try may have ended before it could tell anyone.
  ledger.notifier.notify(id);
  return removed;
}

function noSession(): NotFoundError {
  return new NotFoundError('There is no such session.');
}
