import { randomBytes } from 'node:crypto';
import { isMessage, tell } from './messages.js';
import type { Answers, Channel } from './messages.js';

const NOBODY: Answers = { answers: [], missing: 0 };

type Handler = (body: unknown) => unknown;

/** The other processes that serve the same port, as one of them sees them. */
export class Siblings {
  private readonly handlers = new Map<string, Handler>();
  private readonly asked = new Map<number, (answers: Answers) => void>();
  private count = 0;

  private constructor(
    private readonly channel: Channel | null,
    /** Names callers alike in all of them, where no `access.principalSecret` does. */
    readonly principalKey: string,
  ) {
    if (channel === null) return;
    channel.on('message', (message) => this.onMessage(channel, message));
    tell(channel, { type: 'hears' });
  }

  /** Of a process that is alone. */
  static none(): Siblings {
    return new Siblings(null, drawKey());
  }

  /** Of a worker. @param channel to the primary @param principalKey as the primary gives it to all */
  static behind(channel: Channel, principalKey: string): Siblings {
    return new Siblings(channel, principalKey);
  }

  /** Whether nobody else serves the port. */
  get isAlone(): boolean {
    return this.channel === null;
  }

  /** Options of listeners: the system gives each new connection to one of the processes. */
  get sharedPort(): { readonly reusePort: boolean } {
    return { reusePort: !this.isAlone };
  }

  /** Answers what siblings ask about this; must not reject. */
  onQuestion(topic: string, handler: Handler): void {
    this.handlers.set(topic, handler);
  }

  /** Asks all of them at once; those that are not up yet know nothing, and are not asked. Never rejects. */
  ask(topic: string, body: unknown = null): Promise<Answers> {
    return this.send(topic, body, 'others');
  }

  /** As {@link ask}, and this process answers as the others do: with what those have left that are gone. */
  askAll(topic: string): Promise<Answers> {
    return this.send(topic, null, 'all');
  }

  private send(topic: string, body: unknown, whom: 'others' | 'all'): Promise<Answers> {
    const { channel } = this;
    if (channel === null) return Promise.resolve(NOBODY);
    const id = (this.count += 1);
    return new Promise((resolve) => {
      this.asked.set(id, resolve);
      tell(channel, { type: 'ask', id, topic, body, whom });
    });
  }

  private onMessage(channel: Channel, message: unknown): void {
    if (!isMessage(message)) return;
    if (message.type === 'asked') {
      const { id, topic, body } = message;
      void Promise.resolve(this.handlers.get(topic)?.(body) ?? null).then((answer) =>
        tell(channel, { type: 'answer', id, body: answer }),
      );
    }
    if (message.type === 'answers') {
      const { id, answers, missing } = message;
      this.asked.get(id)?.({ answers, missing });
      this.asked.delete(id);
    }
  }
}

/** Of as many bits as the hash that is made with it. */
export function drawKey(): string {
  return randomBytes(32).toString('base64url');
}
