import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { decodeUtf8 } from '../utf8.js';

/** Why a document that is not among them is refused. */
export const untrusted = 'Only documents that the operator trusts are run here.';

/** The only documents that are run, where the operator wants it so. */
export interface TrustedDocuments {
  /** The text of the document that the parameters of a request mean, by its id or itself; undefined for all others. */
  find(parameters: unknown): string | undefined;
}

const manifest = z.record(z.string(), z.string());

const reference = z.object({
  query: z.string().nullish(),
  documentId: z.string().nullish(),
  extensions: z
    .object({ persistedQuery: z.object({ sha256Hash: z.string() }).nullish() })
    .nullish()
    .catch(null),
});

/**
 * Reads a manifest: a JSON object of documents by their ids, as generators of clients write it. Requests name an id in
 * `documentId`, as GraphQL over HTTP has it and with or without `sha256:` before it, or in
 * `extensions.persistedQuery.sha256Hash`, as Apollo's and urql's clients do.
 *
 * @throws an error in plain words when there is no such file, or it holds something else
 */
export async function readTrustedDocuments(file: string): Promise<TrustedDocuments> {
  let json: unknown;
  try {
    const text = decodeUtf8(await readFile(file));
    if (text === undefined) throw new Error('it is not UTF-8');
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`The trusted documents can't be read from ${file}: ${String(error)}`, { cause: error });
  }
  const parsed = manifest.safeParse(json);
  if (!parsed.success)
    throw new Error(`The trusted documents in ${file} must be a JSON object of documents by their ids.`);

  const byId = new Map(Object.entries(parsed.data).map(([id, text]) => [bare(id), text]));
  const texts = new Set(byId.values());
  return {
    find(parameters) {
      const { data } = reference.safeParse(parameters);
      if (!data) return undefined;
      const id = data.documentId ?? data.extensions?.persistedQuery?.sha256Hash;
      if (id != null) return byId.get(bare(id));
      return data.query != null && texts.has(data.query) ? data.query : undefined;
    },
  };
}

/** A body that names a document with its text in the place of the name; undefined when it means none that is trusted. */
export function withTrustedQuery(
  trusted: TrustedDocuments,
  body: unknown,
): { readonly query: string } | undefined {
  const query = trusted.find(body);
  if (query === undefined) return undefined;
  const { variables, operationName, extensions } = body as Record<string, unknown>;
  const named = { query, variables, operationName, extensions };
  return named;
}

/** The same for the address of a GET. */
export function withTrustedQueryInUrl(trusted: TrustedDocuments, address: string): string | undefined {
  const { pathname, searchParams } = new URL(address, 'http://localhost');
  const query = trusted.find({
    ...Object.fromEntries(searchParams),
    extensions: parsedOrNull(searchParams.get('extensions')),
  });
  if (query === undefined) return undefined;
  searchParams.delete('documentId');
  searchParams.set('query', query);
  return `${pathname}?${searchParams.toString()}`;
}

function parsedOrNull(json: string | null): unknown {
  try {
    return json && JSON.parse(json);
  } catch {
    return null;
  }
}

function bare(id: string): string {
  return id.replace(/^sha256:/, '');
}
