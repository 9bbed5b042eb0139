import { GraphQLError } from 'graphql';
import { CloseCode } from 'graphql-ws';
import type { Identity, Viewer } from '../../auth/viewer.js';
import { ChatledgerError, type ErrorCode } from '../../errors.js';
import { Alarm } from '../../ledger/feed/alarm.js';
import { busy, stopping } from '../answers.js';
import { parseRequest, type BadValue, type Parsed } from '../bad-value.js';
import { rateLimited } from '../limits/refusals.js';
import type { RequestState } from '../request.js';
import type { SocketChannel } from './channel.js';
import { credentialsIn, type Credentials } from './connection-parameters.js';
import { SocketOperation } from './operation.js';

/** Closing codes of RFC 6455 that graphql-ws has no names for. Clients come back after both. */
const goingAway = 1001;
const tryAgainLater = 1013;

/** Milliseconds that operations have to end by themselves when the proof of who asks has expired. */
const expiryGrace = 5_000;

/** Characters of an operation's id, which stands in each of its messages. */
const longestId = 200;

/** What a connection asks of the server around it. */
export interface ConnectionParts {
  /** Who asks with these credentials beside the headers of the upgrade. @throws ChatledgerError */
  readonly identify: (credentials: Credentials) => Promise<Identity | null>;
  /** Counts a socket of this viewer. @returns how to end that; undefined when there are too many */
  readonly admit: (viewer: Viewer) => (() => void) | undefined;
  /** A request that comes over this connection. */
  readonly newRequest: () => RequestState;
  /** Bytes of a message. */
  readonly messageLimit: number;
  /** Operations at a time. */
  readonly operationLimit: number;
  /** Told when an operation is over. */
  readonly onEnd: (operation: SocketOperation) => void;
}

/** A WebSocket: who asks over it, and what is under way. */
export class SocketConnection {
  #identity: Identity | null = null;
  #discount: (() => void) | undefined;
  #expiry: Alarm | undefined;
  readonly #badValues = new WeakMap<object, BadValue>();
  readonly #running = new Map<object, SocketOperation>();
  readonly #byId = new Map<string, SocketOperation>();
  /** What waits for the end of another operation of its id. */
  readonly #waiting = new Map<string, object>();
  /** How it is closed as soon as nothing is under way any more. */
  #ending: { readonly code: number; readonly reason: string } | undefined;
  #isClosed = false;
  #operations = 0;

  constructor(
    private readonly channel: SocketChannel,
    private readonly parts: ConnectionParts,
  ) {}

  get viewer(): Viewer | null {
    return this.#identity?.viewer ?? null;
  }

  /** Operations so far. */
  get operations(): number {
    return this.#operations;
  }

  /** Finds the viewer. @returns false, and closes the socket, when there is none or it has too many sockets */
  async begin(parameters: Readonly<Record<string, unknown>> | undefined): Promise<boolean> {
    let identity: Identity | null;
    try {
      identity = await this.parts.identify(credentialsIn(parameters));
    } catch (error) {
      if (!(error instanceof ChatledgerError)) throw error;
      // Clients come back after this code, and may bring a better proof then.
      return this.#refuse(CloseCode.Forbidden, error.message);
    }
    if (identity === null)
      return this.#refuse(CloseCode.Unauthorized, 'Say who you are: send authorization as a parameter.');
    if (this.#isClosed) return false;
    this.#discount = this.parts.admit(identity.viewer);
    if (!this.#discount) return this.#refuse(tryAgainLater, 'You have too many sockets.');
    this.#identity = identity;
    if (identity.expiresAt !== null) {
      this.#expiry = new Alarm(identity.expiresAt, () => {
        this.#closeWhenDone(CloseCode.Forbidden, 'The token has expired.');
        setTimeout(() => {
          this.channel.close(CloseCode.Forbidden, 'The token has expired.');
        }, expiryGrace).unref();
      });
    }
    return true;
  }

  #refuse(code: number, reason: string): false {
    this.channel.close(code, reason);
    return false;
  }

  /**
   * Hands a message to the protocol, and looks after the operation that it begins or ends.
   *
   * @param handle resolves when the operation is over
   */
  async receive(text: string | undefined, handle: (message: object) => Promise<void>): Promise<void> {
    const { body: message, badValue } = parsed(text, this.parts.messageLimit);
    if (!isObject(message)) {
      this.channel.close(CloseCode.BadRequest, 'Invalid message received');
      return;
    }
    const { type, id, payload } = message;
    if (type === 'complete' && typeof id === 'string') {
      this.#waiting.delete(id);
      this.#byId.get(id)?.abandon();
    }
    if (type !== 'subscribe' || typeof id !== 'string' || !isObject(payload)) {
      await handle(message);
      return;
    }
    if (!(await this.#mayBegin(id, payload))) return;
    if (badValue) this.#badValues.set(payload, badValue);
    // The protocol wants a text, where a document is named by its id alone.
    payload['query'] ??= '';
    try {
      await handle(message);
    } finally {
      this.#finish(payload);
    }
  }

  /**
   * A client may use an id anew as soon as it has ended the operation that had it, which may take longer to end here.
   * The protocol would mix up the two, so the second one waits. @returns false when it was ended meanwhile
   */
  async #mayBegin(id: string, payload: object): Promise<boolean> {
    const before = this.#byId.get(id);
    if (!before?.isAbandoned) return true;
    if (this.#waiting.has(id)) {
      this.channel.close(CloseCode.SubscriberAlreadyExists, 'Subscriber already exists');
      return false;
    }
    this.#waiting.set(id, payload);
    await before.over;
    return this.#waiting.get(id) === payload && this.#waiting.delete(id);
  }

  /** Begins an operation, which may be one that is refused. */
  beginOperation(id: string, payload: object): SocketOperation {
    const state = this.parts.newRequest();
    state.viewer = this.viewer;
    state.expiresAt = this.#identity?.expiresAt ?? null;
    state.badValue = this.#badValues.get(payload);
    const operation = new SocketOperation(id, state, this.#refusalFor(id, state));
    this.#operations += 1;
    this.#running.set(payload, operation);
    this.#byId.set(id, operation);
    return operation;
  }

  #refusalFor(id: string, { place }: RequestState): GraphQLError | undefined {
    if (id.length > longestId) return refused('BAD_REQUEST', `An id has ${longestId} characters at most.`);
    if (this.#ending?.code === goingAway) return refused('SERVICE_UNAVAILABLE', stopping);
    const { operationLimit } = this.parts;
    if (this.#running.size >= operationLimit)
      return rateLimited(
        `${operationLimit} operations are under way on this socket. End one to begin another.`,
        1,
      );
    return place.take() ? undefined : refused('SERVICE_UNAVAILABLE', busy);
  }

  #finish(payload: object): void {
    const operation = this.#running.get(payload);
    if (!operation) return;
    this.#running.delete(payload);
    if (this.#byId.get(operation.id) === operation) this.#byId.delete(operation.id);
    operation.end();
    this.parts.onEnd(operation);
    this.#closeIfDone();
  }

  /** Lets what is under way end, and closes the socket then. */
  drain(): void {
    this.#closeWhenDone(goingAway, stopping);
  }

  #closeWhenDone(code: number, reason: string): void {
    this.#ending = { code, reason };
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.#ending && this.#running.size === 0) this.channel.close(this.#ending.code, this.#ending.reason);
  }

  /** Ends all that is under way. Call it when the socket is closed. */
  closed(): void {
    this.#isClosed = true;
    this.#waiting.clear();
    this.#expiry?.stop();
    this.#discount?.();
    for (const operation of this.#running.values()) operation.abandon();
  }
}

function refused(code: ErrorCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

function parsed(text: string | undefined, messageLimit: number): Parsed {
  try {
    return parseRequest(text ?? '', messageLimit, ['payload', 'variables']);
  } catch {
    return { body: undefined, badValue: undefined };
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
