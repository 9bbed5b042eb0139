import { parentPort, workerData } from 'node:worker_threads';
import { applyMigrations, type MigrationWork } from './apply-migrations.js';

// The whole of a thread that applies migrations, and answers with their names. See migrate.ts.
parentPort?.postMessage(await applyMigrations(workerData as MigrationWork));
