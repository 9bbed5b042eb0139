// Runs tests: `unit` and `api` (see jest.config.js), unless arguments name files or projects. Then those, of any project.
//
//   npm test                        what every change should pass, within 5 minutes on two cores
//   npm test -- test/faults/locks   these files
//   npm run test:all                everything, as CI runs it
import { run } from 'jest';

const args = process.argv.slice(2);
const isAll = args.includes('--all');
const given = args.filter((argument) => argument !== '--all');
const chooses = given.some(
  (argument) => !argument.startsWith('-') || argument.startsWith('--selectProjects'),
);
await run([...given, ...(isAll || chooses ? [] : ['--selectProjects=unit', '--selectProjects=api'])]);
