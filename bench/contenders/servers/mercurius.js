// Mercurius as its manual shows it with `jit` and loaders, on named statements of pg.
import Fastify from 'fastify';
import mercurius from 'mercurius';
import pg from 'pg';
import { createResolvers, schema } from './mercurius-schema.js';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.POOL_SIZE) });
const server = Fastify();
server.register(mercurius, {
  schema,
  ...createResolvers(pool),
  jit: 1,
  context: (request) => ({ userId: request.headers['x-user-id'] }),
});
await server.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
