import type { IncomingMessage } from 'node:http';

/** The body of a request as text; undefined when it has more bytes than it may, null when the client went away. */
export async function readBody(request: IncomingMessage, limit: number): Promise<string | undefined | null> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Whoever sends too much is to be told so, over the connection that destroying the request would end.
    const incoming: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
    for await (const chunk of incoming) {
      size += chunk.length;
      if (size > limit) return undefined;
      chunks.push(chunk);
    }
  } catch (error) {
    if (request.complete) throw error;
    return null;
  }
  return Buffer.concat(chunks, size).toString('utf8');
}
