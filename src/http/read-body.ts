import type { IncomingMessage } from 'node:http';

/**
 * The bytes of a request's body; undefined when it has more bytes than it may, null when the client went away.
 *
 * @param onBegin called before it is read, unless its length alone is too much
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  onBegin: () => void = () => undefined,
): Promise<Buffer | undefined | null> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve(undefined);
  if (request.destroyed) return Promise.resolve(null);
  onBegin();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) {
        chunks.push(chunk);
        return;
      }
      // The rest is read and discarded. Destroying the request would end the connection before the answer is out.
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
