// Compares schema.graphql with the API of the last release, docs/schema-VERSION.graphql. What would break a client fails,
// unless the version in package.json says that it may: a new major one, or below 1.0.0 a new minor one.
// With --write, as `npm version` calls it: takes the schema as it is for the one that is released.
import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

const root = new URL('../', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
const current = new URL('schema.graphql', root);

const [released, ...others] = readdirSync(new URL('docs/', root)).filter((name) =>
  /^schema-\d.*\.graphql$/.test(name),
);
if (released === undefined || others.length > 0) {
  throw new Error(
    `There must be one docs/schema-VERSION.graphql, not ${others.length + (released ? 1 : 0)}.`,
  );
}
const releasedFile = new URL(`docs/${released}`, root);

if (process.argv.includes('--write')) {
  rmSync(releasedFile);
  copyFileSync(current, new URL(`docs/schema-${version}.graphql`, root));
} else {
  await compare();
}

async function compare() {
  const changes = await diff(schemaIn(releasedFile), schemaIn(current));
  const of = (level) => changes.filter(({ criticality }) => criticality.level === level);
  const breaking = of(CriticalityLevel.Breaking);
  const dangerous = of(CriticalityLevel.Dangerous);
  console.log(
    `Changes since docs/${released}: ${changes.length}; breaking: ${breaking.length}; dangerous: ${dangerous.length}.`,
  );
  tell('Dangerous', dangerous);
  tell('Breaking', breaking);
  const releasedVersion = released.slice('schema-'.length, -'.graphql'.length);
  if (breaking.length === 0) return;
  if (mayBreak(releasedVersion, version)) {
    console.log(
      `Version ${version} may break what ${releasedVersion} promised: CHANGELOG.md has to say how.`,
    );
  } else {
    console.error(`Version ${version} must not break what ${releasedVersion} promised.`);
    process.exitCode = 1;
  }
}

function schemaIn(file) {
  return buildSchema(readFileSync(file, 'utf8'));
}

function tell(kind, changes) {
  for (const { message, criticality } of changes) {
    console.log(`${kind}: ${message}.${criticality.reason ? ` ${criticality.reason}` : ''}`);
  }
}

/** https://semver.org/: a new major version may, and while that is 0 a new minor one. */
function mayBreak(from, to) {
  const [[oldMajor, oldMinor], [major, minor]] = [from, to].map((each) => each.split('.').map(Number));
  return major > oldMajor || (major === 0 && oldMajor === 0 && minor > oldMinor);
}
