// The sizes that the ledger takes. Each is checked at the border, with the path of the field that is over it.

/** Bytes of a message's content in UTF-8. */
export const maxContentBytes = 1_000_000;
/** Bytes of one JSON value (a map of the session, the tool calls of a message, its function call) in UTF-8. */
export const maxJsonBytes = 256_000;
/** UTF-16 code units of ids that others give out (users, tool calls), of names and titles. */
export const maxNameLength = 500;
/** Messages that one batch appends. */
export const maxBatch = 500;
/** Nodes of one page. */
export const maxPage = 1_000;
/** Nodes of a page of messages when the caller names no number. */
export const defaultMessagePage = 100;
/** Nodes of a page of sessions when the caller names no number: as the original module had it. */
export const defaultSessionPage = 50;
/** Sessions that `offset` skips at most: the database has to walk over them. Cursors have no such limit. */
export const maxOffset = 10_000;
/** Ids that `nodes` takes. */
export const maxNodes = 1_000;
/** The highest sequence that a caller may choose: leaves a thousand million numbers above it for appends to come. */
export const maxChosenSequence = 1_000_000_000;
/** The largest number that a counter of tokens holds: 2^31 - 1. */
export const maxTokens = 2_147_483_647;
/** The highest revision that a session can have: 2^31 - 1. */
export const maxRevision = 2_147_483_647;
/** Changes of a session that are given at once when the caller names no number. */
export const defaultChanges = 100;
