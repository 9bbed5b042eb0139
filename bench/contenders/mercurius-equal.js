import { bench } from '../settings.js';
import { plainGraphql } from './plain-graphql.js';
import { servedHere } from './served-here.js';
import { tokenOf, tokenSecret } from './token.js';

/** Mercurius with the duties that Chatledger has in each of these requests. */
export const mercuriusEqual = {
  title: 'Mercurius + jit, equal duties',
  node: process.execPath,
  script: `${bench}contenders/servers/mercurius-equal.js`,
  storesHash: true,
  environment: (databaseUrl, port) => ({
    ...servedHere(databaseUrl, port),
    AUTH_JWT_SECRET: tokenSecret,
  }),
  ...plainGraphql,
  async request(operation, parameters) {
    const request = await plainGraphql.request(operation, parameters);
    return { ...request, headers: { authorization: `Bearer ${await tokenOf(parameters.userId)}` } };
  },
};
