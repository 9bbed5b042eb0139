/**
 * Tells who follows a session that it has changed, in this process and in all others on the same database. A hint
 * says that there is something to read and never what: one that is lost delays, and loses nothing.
 */
export interface Hints {
  /** Says that a session has changed. Call it after the commit. Never throws and never waits. */
  announce(sessionId: string): void;
  /**
   * Calls `listener` for each session that has changed, whichever process changed it; with null when any session
   * may have, because hints were lost or were too many to name.
   *
   * @returns the end of it
   */
  onHint(listener: (sessionId: string | null) => void): () => void;
  /** Whether changes of other processes are heard of. */
  readonly isListening: boolean;
  /** Sends what is left to be sent, and lets the connection go. */
  close(): Promise<void>;
}
