/** A tab of GraphiQL. Its name is that of its operation. */
export interface Example {
  readonly query: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** How all ids of the examples end. The page puts something random in its place, so that no two people share a session. */
export const sharedIdEnding = '000000000000';

export const sessionId = `0193a000-0000-7000-8000-${sharedIdEnding}`;
export const questionId = `0193a000-0001-7000-8000-${sharedIdEnding}`;
export const callId = `0193a000-0002-7000-8000-${sharedIdEnding}`;
export const resultId = `0193a000-0003-7000-8000-${sharedIdEnding}`;
export const answerId = `0193a000-0004-7000-8000-${sharedIdEnding}`;
