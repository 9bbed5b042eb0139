import { existsSync, readFileSync } from 'node:fs';
import { expect, describe, test } from '@jest/globals';
import {
  buildSchema,
  isInputObjectType,
  isInterfaceType,
  isUnionType,
  type GraphQLObjectType,
} from 'graphql';
import { retryableByCode } from '../../src/errors.js';
import { pageNames, readPage } from '../support/pages.js';
import { namesIn, tableOf } from './tables.js';

const project = new URL('../../', import.meta.url);
const schema = buildSchema(readFileSync(new URL('schema.graphql', project), 'utf8'));
const failure = schema.getType('Error');
if (!isInterfaceType(failure)) throw new Error('Error is an interface.');
const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

interface Failure {
  readonly type: string;
}

/** The failures in the result of a mutation. */
function failuresOf({ type }: (typeof mutations)[number]): string[] {
  const union = schema.getType(String(type).replace('!', ''));
  if (!isUnionType(union)) throw new Error(`${String(type)} is a union.`);
  return union
    .getTypes()
    .filter((member) => member.getInterfaces().some(({ name }) => name === 'Error'))
    .map(({ name }) => name);
}

describe('docs/errors.md', () => {
  test('has every code of the closed list, and whether a retry may help', () => {
    const told = tableOf('docs/errors.md', 'code').map(([code = '', , retryable]) => [
      namesIn(code)[0],
      retryable === 'yes',
    ]);
    expect(told).toEqual(Object.entries(retryableByCode));
  });

  test('has every expected failure with its fields, and where it comes', () => {
    const told = tableOf('docs/errors.md', 'type').map(([type, fields, results]) => ({
      type: namesIn(type)[0] ?? '',
      fields: namesIn(fields),
      results: namesIn(results).sort(),
    }));
    const common = Object.keys(failure.getFields());
    const real = schema.getPossibleTypes(failure).map((type: GraphQLObjectType) => ({
      type: type.name,
      fields: Object.keys(type.getFields()).filter((field) => !common.includes(field)),
      results: mutations
        .filter((mutation) => failuresOf(mutation).includes(type.name))
        .map(({ name }) => name)
        .sort(),
    }));
    const byType = (a: Failure, b: Failure) => a.type.localeCompare(b.type);
    expect(told.sort(byType)).toEqual(real.sort(byType));
  });
});

describe('docs/api.md', () => {
  const text = readPage('docs/api.md');

  const sectionOf = (name: string) =>
    new RegExp(`^### ${name}$(.*?)(^##|(?![^]))`, 'ms').exec(text)?.[1] ?? '';

  test('has every query, mutation and subscription under a heading of its name', () => {
    const real = roots.flatMap((type) => Object.keys(type?.getFields() ?? {}));
    const headings = [...text.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    expect(headings.sort()).toEqual(real.sort());
  });

  test.each(roots.flatMap((type) => Object.values(type?.getFields() ?? {})))(
    'names each argument of $name, and each field of its input',
    ({ name, args }) => {
      const inputs = args.flatMap(({ type }) => {
        const input = schema.getType(String(type).replaceAll(/\W/g, ''));
        return isInputObjectType(input) ? Object.keys(input.getFields()) : [];
      });
      const section = sectionOf(name);
      const missing = [...args.map((argument) => argument.name), ...inputs].filter(
        (each) => !new RegExp(`\\b${each}\\b`).test(section),
      );
      expect(missing).toEqual([]);
    },
  );

  test.each(mutations.map((mutation) => [mutation.name, mutation] as const))(
    'says what %s fails with',
    (name, mutation) => {
      const [, sentence] = /^Fails with (.*?)[.:]/m.exec(sectionOf(name)) ?? [];
      expect(namesIn(sentence).sort()).toEqual(failuresOf(mutation).sort());
    },
  );
});

test('the README has every variable that the server reads, and no other', () => {
  const source = readFileSync(new URL('src/config.ts', project), 'utf8');
  const [, shape = ''] = /^const variables = z\.object\(\{(.*?)^\}\);/ms.exec(source) ?? [];
  const read = [...shape.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) => name);
  const told = tableOf('README.md', 'variable').flatMap(([names]) => namesIn(names));
  // Not ours: it is told with GRAPHIQL.
  expect([...told, 'NODE_ENV'].sort()).toEqual(read.sort());
});

describe('links', () => {
  test.each(pageNames)('of %s lead somewhere', (page) => {
    const text = readPage(page).replaceAll(/^```.*?^```/gms, '');
    const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
    const wrong = links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(page, link));
    expect(wrong).toEqual([]);
  });
});

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? new URL(page, project) : new URL(path, new URL(page, project));
  if (!existsSync(target)) return false;
  return anchor === undefined || anchorsOf(readFileSync(target, 'utf8')).has(anchor);
}

/** Names of headings as GitHub makes them, and those that are given. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  const given = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id);
  return new Set([...headings, ...given]);
}
