import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

export type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

/** An issuer's key server. What it answers can be changed. */
export interface JwksServer {
  readonly url: string;
  /** By their `kid`. */
  readonly keys: Readonly<Record<'RS256' | 'ES256' | 'EdDSA', KeyPair>>;
  /** Null: it takes what is asked, and never answers. */
  answer: { status: number; body: string } | null;
  /** How often it was asked. */
  asked: number;
  close(): Promise<void>;
}

export async function startJwksServer(): Promise<JwksServer> {
  const keys = {
    RS256: await generateKeyPair('RS256', { extractable: true }),
    ES256: await generateKeyPair('ES256', { extractable: true }),
    EdDSA: await generateKeyPair('EdDSA', { extractable: true }),
  };
  const published: JWK[] = [];
  for (const [alg, { publicKey }] of Object.entries(keys))
    published.push({ ...(await exportJWK(publicKey)), kid: alg, alg });
  const server = createServer((_request, response) => {
    jwks.asked++;
    if (!jwks.answer) return;
    response.writeHead(jwks.answer.status, { 'content-type': 'application/json' });
    response.end(jwks.answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const jwks: JwksServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    keys,
    answer: { status: 200, body: JSON.stringify({ keys: published }) },
    asked: 0,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return jwks;
}
