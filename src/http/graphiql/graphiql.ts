import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestState } from '../request.js';
import { graphqlPath } from '../yoga.js';
import { createPage } from './page.js';
import { StaticText } from './static-text.js';

/** Where its scripts and styles are. */
export const assetsPath = `${graphqlPath}/assets/`;

/** GraphiQL, which comes from this origin with all that it needs. */
export interface GraphiQL {
  answerPage(request: IncomingMessage, response: ServerResponse, state: RequestState): Promise<void>;
  /** @returns false when there is nothing at this path */
  answerAsset(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    state: RequestState,
  ): Promise<boolean>;
}

/** @param authenticated whether callers have to prove who they are */
export function createGraphiQL(authenticated: boolean): GraphiQL {
  let loading: ReturnType<typeof load> | undefined;
  // It is 9 MB of text: a server that shows it to nobody does without.
  const loaded = () => (loading ??= load(authenticated));
  return {
    async answerPage(request, response, state) {
      const { page, policy } = await loaded();
      await page.answer(request, response, state, {
        // The page is nobody's own. It is kept, but asked for each time: a new version of the server is seen at once.
        'cache-control': 'private, no-cache',
        'content-security-policy': policy,
        'referrer-policy': 'no-referrer',
      });
    },
    async answerAsset(path, request, response, state) {
      const asset = (await loaded()).assets.get(path);
      if (!asset) return false;
      // The address changes with the content.
      await asset.answer(request, response, state, {
        'cache-control': 'public, max-age=31536000, immutable',
      });
      return true;
    },
  };
}

async function load(authenticated: boolean) {
  const parts = await import('@graphql-yoga/render-graphiql/graphiql');
  const assets = new Map<string, StaticText>();
  /** @returns the address, relative to the page, so that a proxy may put both somewhere else */
  const add = (name: string, type: string, text: string) => {
    const asset = new StaticText(type, text);
    const path = `${assetsPath}${asset.digest}-${name}`;
    assets.set(path, asset);
    return path.slice(1);
  };
  const addScript = (name: string, text: string) => add(name, 'text/javascript', text);
  const { html, policy } = createPage(authenticated, {
    script: addScript('graphiql.js', parts.js),
    style: add('graphiql.css', 'text/css', parts.css),
    workers: {
      editorWorkerService: addScript('editor-worker.js', parts.editorWorkerService),
      json: addScript('json-worker.js', parts.jsonWorker),
      graphql: addScript('graphql-worker.js', parts.graphqlWorker),
    },
  });
  return { page: new StaticText('text/html', html), policy, assets };
}
