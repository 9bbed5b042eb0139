import { IncomingMessage } from 'node:http';

/**
 * A request that is an upgrade only if it asks for WebSocket. Once somebody listens for upgrades, Node takes every
 * request for one that has the header. Those to other protocols (HTTP/2 over plain text, which Java's client offers
 * with each first request) are answered in HTTP/1.1, as RFC 9110 7.8 allows.
 */
export class UpgradeRequest extends IncomingMessage {
  // Without an initial value, since the constructor of the base class sets `upgrade` before fields are made.
  declare private offersUpgrade: boolean | null;

  get upgrade(): boolean {
    return (
      this.offersUpgrade === true &&
      (this.method === 'CONNECT' ||
        (this.method === 'GET' && /^websocket$/i.test(this.headers.upgrade ?? '')))
    );
  }

  set upgrade(offersUpgrade: boolean | null) {
    this.offersUpgrade = offersUpgrade;
  }
}
