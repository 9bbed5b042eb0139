/** Looks at a socket between which one that is alive must have shown it: by a frame, or by taking what it is sent. */
const patience = { idle: 2, sending: 5 };

/** What is seen of a socket from one look to the next. */
export interface Signs {
  /** Whether a frame came. */
  readonly heard: boolean;
  /** Bytes that it has not taken yet. */
  readonly unsent: number;
  /** Bytes that have left this process so far. */
  readonly sent: number;
}

/**
 * Tells sockets of dead or stalled clients. A ping stands behind all that was sent before it, so a client that takes
 * that slowly is given longer to answer, and as long as it likes while it takes any.
 *
 * @returns a function that is called at each look, and says whether the client is alive
 */
export function createLiveness(): (signs: Signs) => boolean {
  let silent = 0;
  let sentBefore = 0;
  return ({ heard, unsent, sent }) => {
    const takes = unsent > 0 && sent > sentBefore;
    sentBefore = sent;
    silent = heard || takes ? 0 : silent + 1;
    return silent < (unsent > 0 ? patience.sending : patience.idle);
  };
}
