import type { IncomingMessage } from 'node:http';

/** The bytes of a request's body; undefined when it has more bytes than it may, null when the client went away. */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined | null> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve(undefined);
  if (request.destroyed) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) {
        chunks.push(chunk);
        return;
      }
      // Whoever sends too much is to be told so, over the connection that destroying the request would end.
      request.pause();
      chunks.length = 0;
      resolve(undefined);
    });
    request.once('end', () => {
      resolve(Buffer.concat(chunks, size));
    });
    request.once('close', () => {
      resolve(null);
    });
    request.once('error', (error) => {
      if (request.complete) reject(error);
      else resolve(null);
    });
  });
}
