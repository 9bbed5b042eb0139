import { defineConfig } from 'prisma/config';

// As in the project's own: `generate` needs no engine, and must not try to download one.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

export default defineConfig({ schema: 'contenders/prisma/schema.prisma' });
