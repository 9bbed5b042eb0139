/** What a stream is asked for with. */
export interface StreamRequest {
  readonly query: string;
  readonly variables: unknown;
}

/**
 * One stream. It ends when the server completes it.
 * @throws RequestError, NoAnswerError when it breaks, the signal's reason
 */
export type StreamSource = <Data>(
  request: StreamRequest,
  signal: AbortSignal | undefined,
) => AsyncGenerator<Data, void>;

/**
 * Milliseconds without a byte after which a stream counts as broken: the server says something every 12 s. A connection
 * that was cut on the way, or whose server is gone, says nothing of it.
 */
export const silence = 30_000;
