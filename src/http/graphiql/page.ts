import { hash } from 'node:crypto';
import { sharedIdEnding } from './examples/example.js';
import { examples } from './examples/examples.js';

/** Addresses of the scripts and styles, seen from the page. */
export interface AssetAddresses {
  readonly script: string;
  readonly style: string;
  /** By the names under which Monaco, GraphiQL's editor, asks for them. */
  readonly workers: Readonly<Record<string, string>>;
}

/** The page, and the policy that keeps it to this origin. */
export interface Page {
  readonly html: string;
  readonly policy: string;
}

/** Stands where the token goes. It is never sent. */
const placeholder = 'Bearer YOUR_TOKEN';

const mark =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="32" height="32">' +
  '<rect x="3" y="3" width="26" height="26" rx="5" fill="#2a6f73"/>' +
  '<path d="M9 11h14M9 16h14M9 21h8" stroke="#fff" stroke-width="2.5" stroke-linecap="round"/></svg>';

/** @param authenticated whether tokens are asked for; otherwise a header says which user asks */
export function createPage(authenticated: boolean, assets: AssetAddresses): Page {
  const header = JSON.stringify(
    authenticated ? { authorization: placeholder } : { 'x-user-id': 'alice' },
    null,
    2,
  );
  const options = {
    title: 'Chatledger',
    logo: mark,
    // Of subscriptions too: in an address they would end at 16 kB, and be noted in the logs of proxies.
    method: 'POST',
    headers: header,
    defaultHeaders: header,
    // Who a developer pretends to be is no secret. A token is: it stays in the memory of the page.
    shouldPersistHeaders: !authenticated,
    defaultEditorToolsVisibility: authenticated ? 'headers' : 'variables',
    defaultTabs: examples.map(({ query, variables }, index) => ({
      query: authenticated && index === 0 ? `${aboutTokens}${query}` : query,
      headers: header,
      ...(variables ? { variables: JSON.stringify(variables, null, 2) } : {}),
    })),
  };
  const script = scriptOf({ options, workers: assets.workers });
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Chatledger</title>
    <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(mark)}">
    <link rel="stylesheet" href="${assets.style}">
    <script>${script}</script>
    <script defer src="${assets.script}"></script>
  </head>
  <body class="no-focus-outline">
    <noscript>GraphiQL needs JavaScript.</noscript>
    <div id="root"></div>
  </body>
</html>
`;
  const policy = [
    `default-src 'none'`,
    `script-src 'self' 'sha256-${hash('sha256', script, 'base64')}'`,
    // Monaco writes styles as it goes, and brings its fonts and pictures in the style sheet.
    `style-src 'self' 'unsafe-inline'`,
    `font-src 'self' data:`,
    `img-src 'self' data:`,
    `worker-src 'self'`,
    `connect-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ');
  return { html, policy };
}

const aboutTokens = `# First put your token in the place of YOUR_TOKEN, in
# Headers below. The page keeps it for all tabs until you
# reload. Then fetch the schema (the round arrows, bottom
# left), for completion and documentation.
#
`;

/** What the page does besides showing GraphiQL. */
function scriptOf(data: object): string {
  return `
const { options, workers } = ${JSON.stringify(data).replaceAll('<', '\\u003c')};
self.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (_module, label) => workers[label] };

// Each visitor has examples with ids of its own. GraphiQL keeps them as long as it keeps its tabs.
const ending = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, '0')).join('');
for (const tab of options.defaultTabs) tab.variables = tab.variables?.replaceAll('${sharedIdEnding}', ending);

// GraphiQL looks for the tab that was open by what its editors held, which it notes only when that changes.
if (localStorage.getItem('graphiql:tabState') === null) {
  localStorage.setItem('graphiql:query', options.defaultTabs[0].query);
  if (options.shouldPersistHeaders) localStorage.setItem('graphiql:headers', options.headers);
}

// Every tab has headers of its own. A token that was given in one of them holds for those in which there is none.
const send = self.fetch;
let token = null;
self.fetch = (address, init = {}) => {
  const headers = new Headers(init.headers);
  const given = headers.get('authorization');
  if (given !== null && given !== '${placeholder}') token = given;
  else if (token !== null) headers.set('authorization', token);
  else headers.delete('authorization');
  return send(address, { ...init, headers });
};

addEventListener('DOMContentLoaded', async () => {
  // Tabs that grow when their font arrives stay where they were for the mouse: a press would move them, and open none.
  await Promise.allSettled(Array.from(document.fonts, (font) => font.load()));
  YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), options);
});
`;
}
