import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { commonHeaders } from '../answers.js';
import type { RequestState } from '../request.js';

const compressions = {
  // Five of eleven: a tenth larger than what nine gives, in a third of the time. The first who asks waits for it.
  br: (text: string) => promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: (text: string) => promisify(gzip)(text),
};
type Encoding = keyof typeof compressions;
const encodings = ['br', 'gzip'] as const satisfies readonly Encoding[];

/** A text that stays as it is while the process runs. It is compressed once in each way that somebody asks for. */
export class StaticText {
  /** Hexadecimal. Another text has another one. */
  readonly digest: string;
  readonly #compressed = new Map<Encoding, Promise<Buffer>>();

  constructor(
    private readonly type: string,
    private readonly text: string,
  ) {
    this.digest = hash('sha256', text).slice(0, 16);
  }

  /** Answers a GET with the text, or with 304 if the client has it already. */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    state: RequestState,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    // Weak: it is the same for all encodings.
    const etag = `W/"${this.digest}"`;
    response.appendHeader('vary', 'Accept, Accept-Encoding');
    const common = { ...headers, ...commonHeaders(state), etag };
    if (isListed(request.headers['if-none-match'], etag)) {
      response.writeHead(304, common).end();
      return;
    }
    const encoding = encodings.find((each) => accepts(request.headers['accept-encoding'], each));
    const body = encoding === undefined ? Buffer.from(this.text) : await this.#compress(encoding);
    response.writeHead(200, {
      ...common,
      'content-type': `${this.type}; charset=utf-8`,
      'content-length': body.length,
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    });
    response.end(body);
  }

  #compress(encoding: Encoding): Promise<Buffer> {
    const known = this.#compressed.get(encoding);
    if (known) return known;
    const made = compressions[encoding](this.text);
    this.#compressed.set(encoding, made);
    return made;
  }
}

function isListed(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((item) => item.trim() === etag);
}

/** Whether an Accept-Encoding header names this encoding, with a weight that is not zero. */
function accepts(header: string | string[] | undefined, encoding: Encoding): boolean {
  return String(header ?? '')
    .split(',')
    .map((item) => item.replaceAll(/\s/g, '').toLowerCase().split(';q='))
    .some(([name, weight = '1']) => name === encoding && Number(weight) > 0);
}
