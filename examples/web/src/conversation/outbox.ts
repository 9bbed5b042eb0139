import { ChatledgerError } from '@chatledger/client';

/** A message that was written here and is not known to be in the ledger. */
export interface OutgoingMessage {
  /** Made before the first try, so that the same message sent again is stored once. */
  readonly id: string;
  readonly sessionId: string;
  readonly content: string;
  /** 'sent': it is stored, and about to come in with the changes of its session. */
  readonly state: 'waiting' | 'sending' | 'sent' | { readonly error: unknown };
}

/** In the order in which they were written. Never changed in place. */
export type Outbox = readonly OutgoingMessage[];

export type OutboxEvent =
  | { type: 'written'; message: Pick<OutgoingMessage, 'id' | 'sessionId' | 'content'> }
  | { type: 'sending' | 'sent' | 'retry' | 'discarded'; id: string }
  | { type: 'failed'; id: string; error: unknown }
  /** The server may be back. */
  | { type: 'resend' }
  | { type: 'arrived'; ids: ReadonlySet<string> };

export function afterOutbox(outbox: Outbox, event: OutboxEvent): Outbox {
  switch (event.type) {
    case 'written':
      return [...outbox, { ...event.message, state: 'waiting' }];
    case 'sending':
    case 'sent':
      return withState(outbox, event.id, event.type);
    case 'retry':
      return withState(outbox, event.id, 'waiting');
    case 'failed':
      return withState(outbox, event.id, { error: event.error });
    case 'resend':
      return outbox.map((message) =>
        hasFailedInPassing(message) ? { ...message, state: 'waiting' } : message,
      );
    case 'discarded':
      return outbox.filter(({ id }) => id !== event.id);
    case 'arrived':
      return outbox.filter(({ id }) => !event.ids.has(id));
  }
}

/** Whether a message may be sent when it is tried again: the server was away, or had too much to do. */
export function hasFailedInPassing({ state }: OutgoingMessage): boolean {
  return typeof state === 'object' && isPassing(state.error);
}

export function isPassing(error: unknown): boolean {
  return error instanceof ChatledgerError && error.retryable;
}

function withState(outbox: Outbox, id: string, state: OutgoingMessage['state']): Outbox {
  return outbox.map((message) => (message.id === id ? { ...message, state } : message));
}

/**
 * What is to be sent now: of each session the first message that is not stored. Those behind it wait, also while it has
 * failed, so that messages come into the ledger in the order in which they were written.
 */
export function nextToSend(outbox: Outbox): OutgoingMessage | undefined {
  const open = outbox.filter(({ state }) => state !== 'sent');
  return open.find(
    ({ state, sessionId }, index) =>
      state === 'waiting' && open.findIndex((other) => other.sessionId === sessionId) === index,
  );
}
