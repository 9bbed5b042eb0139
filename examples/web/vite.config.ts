import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';

export default defineConfig(({ mode }) => {
  const { CHATLEDGER_ORIGIN: target = 'http://127.0.0.1:4000' } = loadEnv(mode, '.', 'CHATLEDGER_');
  return {
    plugins: [react()],
    server: {
      // The page and the API on one origin, as a reverse proxy does it in production. Streams pass as they come.
      proxy: {
        '/graphql': {
          target,
          // The server compares the host with the origin of the page before it opens a WebSocket.
          changeOrigin: false,
          ws: true,
          configure: (proxy) => {
            // While the server is away. Vite itself would say 500, which clients do not take for passing.
            proxy.on('error', (_error, _request, response) => {
              if ('writeHead' in response && !response.headersSent) response.writeHead(502).end();
            });
            // A stream that breaks off behind the proxy breaks off before it, or else nobody would notice for long.
            proxy.on('proxyRes', (answer, _request, response) => {
              answer.on('error', () => response.destroy());
            });
          },
        },
      },
    },
  };
});
