import { request as open, type IncomingHttpHeaders } from 'node:http';

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The same, as it came: compressed perhaps. */
  readonly bytes: Buffer;
}

/** Sends exactly this: no header that is not given, except for host and the length of the body. */
export function send(
  origin: string,
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Buffer;
    /** Sends the body in chunks, without saying its length. */
    readonly chunked?: boolean;
  } = {},
): Promise<RawAnswer> {
  const { method = 'GET', headers = {}, body, chunked = false } = options;
  const length = body === undefined || chunked ? {} : { 'content-length': Buffer.byteLength(body) };
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const request = open({ hostname, port, path, method, headers: { ...length, ...headers } }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const bytes = Buffer.concat(parts);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: bytes.toString(),
          bytes,
        });
      });
      response.on('error', reject);
    });
    request.on('error', reject);
    if (chunked && body !== undefined) {
      const bytes = Buffer.from(body);
      for (let at = 0; at < bytes.length; at += 65_536) request.write(bytes.subarray(at, at + 65_536));
      request.end();
    } else request.end(body);
  });
}
