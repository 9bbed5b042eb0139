import { defineConfig } from 'prisma/config';

// `prisma generate` needs no schema engine, but the command line downloads the native one before it does
// anything, which fails where only the npm registry can be reached. Naming any executable stops that;
// migrations are applied by the same engine as WebAssembly (src/data/schema-engine.ts).
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

export default defineConfig({ schema: 'prisma/schema.prisma' });
