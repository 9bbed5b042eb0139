import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client.js';
import type { FinishChatMessageInput } from '../generated/graphql.js';
import { Append, AppendBatch, Create, Delete, member, Update, UpdateToolContent } from '../ledger.js';
import type { RecordedMessage } from '../session-record.js';
import { Extend, Finish, Start } from '../streaming.js';
import type { Random } from './random.js';

/** A message as the server has confirmed it. */
export type Acknowledged = Pick<RecordedMessage, 'id' | 'sequence' | 'content' | 'status'>;

/** What the servers have confirmed to a writer, and so must be there at the end. */
export interface Acknowledgements {
  readonly messages: Map<string, Acknowledged>;
  /** Completion tokens of answers, by session. Nothing else touches that counter. */
  readonly tokens: Map<string, number>;
}

const mostTokens = 1_000;

/** Changes sessions of a user in all ways that watchers are told of, with the same ids when something is sent again. */
export class Writer {
  readonly acknowledged: Acknowledgements = { messages: new Map(), tokens: new Map() };

  constructor(
    private readonly client: Pick<Client, 'runOk'>,
    private readonly sessionIds: readonly string[],
    private readonly random: Random,
  ) {}

  /** Writes until the signal aborts and what was begun is acknowledged. */
  async run(signal: AbortSignal): Promise<void> {
    const acts = [
      (id: string) => this.#append(id),
      (id: string) => this.#appendBatch(id),
      (id: string) => this.#streamAnswer(id, signal),
      (id: string) => this.#streamAnswer(id, signal),
      (id: string) => this.#callTool(id),
      (id: string) => this.#update(id),
      () => this.#createAndDelete(),
    ];
    while (!signal.aborted) {
      await this.random.pick(acts)(this.random.pick(this.sessionIds));
      await sleep(this.random.between(0, 20));
    }
  }

  /** Appends one message to each session. */
  async appendToAll(): Promise<void> {
    await Promise.all(this.sessionIds.map((id) => this.#append(id)));
  }

  async #append(sessionId: string): Promise<void> {
    const message = this.#newMessage();
    const { appendChatMessage } = await this.client.runOk(Append, { input: { sessionId, message } });
    const { chatMessage } = member(appendChatMessage, 'AppendChatMessageSuccess');
    this.#remember({ ...message, sequence: chatMessage.sequence, status: 'COMPLETE' });
  }

  async #appendBatch(sessionId: string): Promise<void> {
    const messages = Array.from({ length: this.random.between(2, 8) }, () => this.#newMessage());
    const { appendChatMessages } = await this.client.runOk(AppendBatch, { input: { sessionId, messages } });
    const [first] = member(appendChatMessages, 'AppendChatMessagesSuccess').chatMessages;
    if (!first) throw new Error('The append of a batch gave nothing.');
    messages.forEach((message, index) => {
      this.#remember({ ...message, sequence: first.sequence + index, status: 'COMPLETE' });
    });
  }

  async #callTool(sessionId: string): Promise<void> {
    const toolCallId = `call-${randomUUID()}`;
    const message = { id: randomUUID(), role: 'TOOL', toolCallId } as const;
    const { appendChatMessage } = await this.client.runOk(Append, { input: { sessionId, message } });
    const { sequence } = member(appendChatMessage, 'AppendChatMessageSuccess').chatMessage;
    let content: string | null = null;
    for (let results = this.random.between(1, 3); results > 0; results -= 1) {
      // What was expected is said each time, so that an earlier request that was thought lost does not win in the end.
      const result = this.random.text(1, 60);
      const { updateToolMessageContent } = await this.client.runOk(UpdateToolContent, {
        input: { sessionId, toolCallId, content: result, expectedContent: content },
      });
      member(updateToolMessageContent, 'UpdateToolMessageContentSuccess');
      content = result;
      this.#remember({ id: message.id, sequence, content, status: 'COMPLETE' });
    }
  }

  async #update(id: string): Promise<void> {
    const input = { id, title: this.random.text(1, 20), totalPromptTokens: this.random.between(0, 1_000) };
    const { updateChatSession } = await this.client.runOk(Update, { input });
    member(updateChatSession, 'UpdateChatSessionSuccess');
  }

  /** A session that comes and, mostly, goes: only lists tell of it. */
  async #createAndDelete(): Promise<void> {
    const id = randomUUID();
    const { createChatSession } = await this.client.runOk(Create, {
      input: { id, title: this.random.text(1, 20) },
    });
    member(createChatSession, 'CreateChatSessionSuccess');
    if (this.random.chance(0.2)) return;
    const { deleteChatSession } = await this.client.runOk(Delete, { input: { id } });
    member(deleteChatSession, 'DeleteChatSessionSuccess');
  }

  async #streamAnswer(sessionId: string, signal: AbortSignal): Promise<void> {
    const id = randomUUID();
    let content = this.random.chance(0.5) ? '' : this.random.text(1, 10);
    const { startChatMessage } = await this.client.runOk(Start, { input: { sessionId, id, content } });
    const { sequence } = member(startChatMessage, 'StartChatMessageSuccess').chatMessage;
    const remember = (status: Acknowledged['status']) => {
      this.#remember({ id, sequence, content: content === '' ? null : content, status });
    };
    remember('IN_PROGRESS');
    for (let pieces = this.random.between(0, 40); pieces > 0 && !signal.aborted; pieces -= 1) {
      const delta = this.random.text(1, 12);
      const input = { sessionId, messageId: id, offset: content.length, delta };
      const { extendChatMessage } = await this.client.runOk(Extend, { input });
      content += delta;
      const { length } = member(extendChatMessage, 'ExtendChatMessageSuccess');
      if (length !== content.length) throw new Error(`Expected ${content.length} but it is ${length} long.`);
      remember('IN_PROGRESS');
      await sleep(this.random.between(0, 10));
    }
    // Some are never finished, and stay in progress as long as the test takes.
    if (this.random.chance(0.1)) return;
    const end = this.#newEnd(sessionId, id);
    // Others are ended by somebody who does not wait for the last piece: it is in the text, or it was refused.
    const last = this.random.chance(0.5) ? this.random.text(1, 12) : '';
    const [grown] = await Promise.all([
      last === ''
        ? null
        : this.client.runOk(Extend, {
            input: { sessionId, messageId: id, offset: content.length, delta: last },
          }),
      this.client.runOk(Finish, { input: end }).then(({ finishChatMessage }) => {
        member(finishChatMessage, 'FinishChatMessageSuccess');
      }),
    ]);
    if (grown?.extendChatMessage.__typename === 'ExtendChatMessageSuccess') content += last;
    else if (grown) member(grown.extendChatMessage, 'MessageNotInProgressError');
    content = end.content ?? content;
    remember(end.status);
    const { tokens } = this.acknowledged;
    tokens.set(sessionId, (tokens.get(sessionId) ?? 0) + (end.usage?.completionTokens ?? 0));
  }

  #newEnd(sessionId: string, messageId: string): FinishChatMessageInput {
    const { random } = this;
    return {
      sessionId,
      messageId,
      status: random.pick(['COMPLETE', 'COMPLETE', 'FAILED', 'CANCELLED']),
      ...(random.chance(0.3) ? { content: random.text(1, 80) } : {}),
      ...(random.chance(0.5) ? { usage: { completionTokens: random.between(1, mostTokens) } } : {}),
    };
  }

  #newMessage() {
    return {
      id: randomUUID(),
      role: this.random.pick(['USER', 'ASSISTANT', 'SYSTEM'] as const),
      content: this.random.text(1, 60),
    };
  }

  #remember({ id, sequence, content, status }: Acknowledged): void {
    this.acknowledged.messages.set(id, { id, sequence, content, status });
  }
}
