import { UnauthenticatedError } from '../../errors.js';
import { encodeHeader } from '../../utf8.js';

/** What says who asks. A browser can't send headers with an upgrade, so it sends these when the socket is open. */
const names = ['authorization', 'x-user-id'] as const;

export type Credentials = Partial<Record<(typeof names)[number], string>>;

/**
 * The headers among the parameters with which a client begins: in any case, at the top or in an object `headers`.
 *
 * @throws UnauthenticatedError when one of them is no text, or not all of it is Unicode
 */
export function credentialsIn(parameters: Readonly<Record<string, unknown>> | undefined): Credentials {
  const { headers, ...others } = parameters ?? {};
  const entries: [string, unknown][] = [...Object.entries(others), ...Object.entries(headers ?? {})];
  const given = new Map(entries.map(([name, value]) => [name.toLowerCase(), value]));
  const credentials: Credentials = {};
  for (const name of names) {
    const value = given.get(name);
    if (value == null) continue;
    // Blanks around it are no part of a header.
    const header =
      typeof value === 'string' ? encodeHeader(value.replace(/^[ \t]+|[ \t]+$/g, '')) : undefined;
    if (header === undefined) throw new UnauthenticatedError(`The parameter ${name} must be text.`);
    credentials[name] = header;
  }
  return credentials;
}
