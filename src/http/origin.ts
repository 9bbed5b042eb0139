import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether the page that opens a WebSocket may: it is of this origin or of a listed one, or no page at all. Browsers ask
 * nobody before they open one to another origin, and do not keep its messages from the page.
 *
 * @param origins those that may read answers over HTTP
 */
export function mayOpenSocket(
  origins: readonly string[],
  { origin, host = '' }: Pick<IncomingHttpHeaders, 'origin' | 'host'>,
): boolean {
  if (origin === undefined || origins.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  // Behind a proxy that ends TLS the scheme of the page is not ours, so the hosts are compared.
  const page = new URL(origin);
  const own = `${page.protocol}//${host}`;
  return page.host !== '' && URL.canParse(own) && new URL(own).host === page.host;
}
