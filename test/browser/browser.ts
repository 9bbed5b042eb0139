import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { describe } from '@jest/globals';
import { chromium, type Page, type Response } from 'playwright-core';

const { CHROMIUM, SCREENSHOTS } = process.env;

/** Where systems put Chromium, or what can take its place. */
const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The program, if there is one. Named by CHROMIUM it must be there: its absence is a failure then. */
const program = CHROMIUM ?? usual.find((each) => existsSync(each));

/** `describe`, or where there is no Chromium `describe.skip`, which is said. */
export const describeInBrowser = program === undefined ? describe.skip : describe;
if (program === undefined) {
  process.stderr.write(
    `Skipped: there is no Chromium (${usual.join(', ')}). Install Debian's package chromium, or name one in CHROMIUM.\n`,
  );
}

/** A headless Chromium that reaches one origin and nothing else. Its profile is new. */
export interface Browser {
  /** A window of the same visitor: it shares the cache and what pages have stored. */
  open(): Promise<Page>;
  /** Whatever was asked of the network, as it was answered. */
  readonly responses: readonly Response[];
  /** Addresses outside the origin that pages and their workers asked for. Nothing was sent there. */
  readonly strayRequests: readonly string[];
  /** What pages complained of: errors in the console, and those that nobody caught. */
  readonly complaints: readonly string[];
  /** Keeps what a page shows, as NAME.png in the folder SCREENSHOTS if that is set. */
  screenshot(page: Page, name: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param origin the only one that there is, as in http://127.0.0.1:4000
 * @throws when there is no Chromium, or it does not start
 */
export async function launchBrowser(origin: string): Promise<Browser> {
  if (program === undefined) throw new Error('There is no Chromium.');
  const dam = await openDam();
  const profile = await mkdtemp(path.join(tmpdir(), 'chatledger-browser-'));
  const leave = async () => {
    await rm(profile, { recursive: true, force: true });
    await dam.close();
  };
  const context = await chromium
    .launchPersistentContext(profile, {
      executablePath: program,
      headless: true,
      viewport: { width: 1400, height: 900 },
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        // Everything but the origin goes there. (Playwright's routes switch the cache off.)
        `--proxy-server=${dam.address}`,
        `--proxy-bypass-list=<-loopback>;${new URL(origin).host}`,
      ],
    })
    .catch(async (error: unknown) => {
      await leave();
      throw error;
    });
  context.setDefaultTimeout(90_000);
  const responses: Response[] = [];
  const complaints: string[] = [];
  const strayRequests: string[] = [];
  const note = (url: string) => {
    const { protocol, host } = new URL(url);
    const isOfPage = protocol === 'data:' || protocol === 'blob:';
    if (!isOfPage && host !== new URL(origin).host) strayRequests.push(url);
  };
  context.on('request', (request) => {
    note(request.url());
  });
  context.on('page', (page) => {
    page.on('websocket', (socket) => {
      note(socket.url());
    });
  });
  context.on('response', (response) => responses.push(response));
  context.on('weberror', (error) => complaints.push(error.error().message));
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return {
    open: () => context.newPage(),
    responses,
    strayRequests,
    complaints,
    async screenshot(page, name) {
      if (SCREENSHOTS === undefined) return;
      await mkdir(SCREENSHOTS, { recursive: true });
      await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
    },
    async close() {
      await context.close();
      await leave();
    },
  };
}

/** A proxy that lets nothing through: neither what pages want, nor what Chromium wants of its maker. */
async function openDam() {
  const dam = createServer((_request, response) => response.writeHead(403).end());
  dam.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  dam.listen(0, '127.0.0.1');
  await once(dam, 'listening');
  return {
    address: `http://127.0.0.1:${(dam.address() as AddressInfo).port}`,
    async close() {
      dam.close();
      dam.closeAllConnections();
      await once(dam, 'close');
    },
  };
}
