import type { ChatMessageColumn, ChatSessionRow } from '../../data/rows.js';
import { keyOf } from '../../data/key.js';
import { EpochChangedError, NotFoundError, RevisionAheadError } from '../../errors.js';
import { integer, parseInput, revision } from '../input.js';
import type { Ledger } from '../ledger.js';
import { defaultChanges, maxPage } from '../limits.js';
import { readPage, type ChangePage } from './page.js';

export interface PollArguments {
  /** The last revision that the caller has seen. */
  readonly afterRevision: number;
  /** That of this revision. Null when the caller does not know. */
  readonly epoch?: string | null | undefined;
  /** Changes at most. Default 100. */
  readonly first?: number | null | undefined;
}

const pageSize = integer(1, maxPage).nullish();

/** Bytes of messages that one answer holds, about. JSON may escape each six times as long. */
const bytes = 2_000_000;

/**
 * The changes of a session after a revision, for those who ask again rather than watch.
 *
 * @param session with at least `id`
 * @param columns of the messages, at least `id` and `sequence`
 * @throws EpochChangedError, RevisionAheadError, InvalidInputError; NotFoundError when the session was deleted meanwhile
 */
export async function listChanges(
  { reads, owner, loaders }: Ledger,
  session: Pick<ChatSessionRow, 'id'>,
  poll: PollArguments,
  columns: readonly ChatMessageColumn[],
): Promise<ChangePage> {
  const after = parseInput(revision, poll.afterRevision, ['afterRevision']);
  const revisions = parseInput(pageSize, poll.first, ['first']) ?? defaultChanges;
  const key = `changes ${session.id} ${after} ${revisions} ${keyOf(columns)}`;
  const page = await loaders.once(key, () =>
    readPage(reads, owner, session.id, { after, revisions, bytes }, columns),
  );
  if (poll.epoch != null && page.epoch !== poll.epoch) throw new EpochChangedError();
  if (!page.isKnown) throw new NotFoundError('There is no such session.');
  if (page.revision < after) throw new RevisionAheadError();
  return page;
}
