import type { Ask } from '../../support/http-client.js';
import { openStream } from '../../support/stream-reader.js';
import type { Replica } from './replicas.js';
import { isGrounded, isOlder, wrongWith } from './watch-judge.js';
import type { History, Reader, Shown } from './watch-judge.js';
import type { Way } from './watch-story.js';

const SECRET = /secret-of-([\w-]+)-task-(\d)-revision-(\d+)-/;
const SECRETS = new RegExp(SECRET, 'g');

/** What only those may see who may read a project's tasks; differs with each state of a task. */
export const secretOf = (project: string, task: string, revision: number): string =>
  `secret-of-${project}-task-${task.slice(-1)}-revision-${revision}-`;

/** The story that a reader is part of. */
export interface Witness extends History {
  readonly now: () => number;
  /** Full name of a task. */
  readonly taskOf: (number: number) => string;
  readonly complain: (what: string) => void;
  readonly isTold: (task: string, version: string | undefined) => void;
}

/** Whoever asks or waits in a story: notes what it is told, and complains of what it should not have been. */
export class WatchReader {
  /** It has hung up. */
  hasLeft = false;
  private isRefused = false;
  private leaving = (): void => undefined;
  /** What it was told last of each task. */
  private readonly last = new Map<string, { readonly revision: number; readonly isDone: boolean }>();

  constructor(
    private readonly who: Reader & { readonly way: Way; readonly tasks: readonly string[] },
    private readonly witness: Witness,
  ) {}

  leave(): void {
    this.hasLeft = true;
    this.leaving();
  }

  /** Ends with the reply, or the stream. Never rejects. */
  async read(gateway: Replica, ask: Ask): Promise<void> {
    try {
      if (['one', 'one-known', 'many'].includes(this.who.way)) await this.follow(gateway, ask);
      else await this.ask(gateway, ask);
    } catch (error) {
      if (!this.hasLeft) this.complain(String(error));
    }
  }

  /** Complains where it never heard how a task ended, nor why it may not. */
  expectEnd(): void {
    if (this.hasLeft || this.isRefused) return;
    for (const [task, { isDone }] of this.last) if (!isDone) this.complain(`never heard that ${task} is done`);
  }

  private async ask(gateway: Replica, ask: Ask): Promise<void> {
    const controller = new AbortController();
    this.leaving = () => controller.abort();
    const isWait = ['wait', 'wait-known'].includes(this.who.way);
    const asked = this.witness.now();
    const { status, text } = await gateway.ask({ ...ask, signal: controller.signal });
    // A batch has looked at its tasks one after another.
    this.judge(status, text, isWait ? undefined : asked);
  }

  private async follow({ port }: Replica, ask: Ask): Promise<void> {
    const reader = await openStream(port, ask);
    this.leaving = () => reader.close();
    if (this.hasLeft) reader.close();
    let count = 0;
    const readOn = (): void => {
      for (; count < reader.events.length; count += 1) {
        const { event = '', data = '' } = reader.events[count] ?? {};
        if (event !== 'end') this.judge((JSON.parse(data) as { status: number }).status, data);
      }
    };
    // What came with the head has been read already.
    readOn();
    reader.message.on('data', readOn);
    const isWhole = await reader.ended;
    if (this.hasLeft) return;
    if (reader.status !== 200) this.judge(reader.status, reader.text());
    else if (!isWhole) this.complain('was cut');
  }

  private judge(status: number, text: string, asked?: number): void {
    const place = this.witness.now();
    const asOf = asked ?? place;
    this.isRefused ||= status === 401 || status === 403;
    const states = [...new Set(text.match(SECRETS))].map((secret): Shown => {
      const [, project = '', task, revision] = SECRET.exec(secret) ?? [];
      return { task: this.witness.taskOf(Number(task)), project, revision: Number(revision), place, asOf };
    });
    // Without a body, too: it says that there is such a task, and that it is as the reader knows it.
    const silent = { task: this.who.tasks[0] ?? '', project: this.who.project, revision: null, place, asOf };
    const shown = status === 304 || status === 204 ? [silent] : states;
    const { items } = (status === 207 ? JSON.parse(text) : { items: [{ status }] }) as { items: { status: number }[] };
    const wrong = [
      ...shown.map((state) => wrongWith(this.who, state, this.witness)),
      ...states.map((state) => this.wrongAfterLast(state)),
      ...items.map((item) =>
        isGrounded(item.status, this.who, this.witness) ? null : `says ${item.status} without a reason`,
      ),
    ];
    for (const what of wrong) if (what !== null) this.complain(`${what}: ${status} ${text.slice(0, 300)}`);
    for (const { task, revision } of states) {
      this.last.set(task, { revision: revision ?? 0, isDone: text.includes('"done":true') });
      this.witness.isTold(task, /"version":"([\w-]+)"/.exec(text)?.[1]);
    }
  }

  private wrongAfterLast({ task, revision }: Shown): string | null {
    const before = this.last.get(task);
    if (before === undefined || revision === null) return null;
    if (before.isDone) return `tells of ${task} after its end`;
    const isBack = isOlder(this.who.region, task, revision, before.revision, this.witness);
    return isBack ? `goes back from ${before.revision}` : null;
  }

  private complain(what: string): void {
    const { way, token, region, replica } = this.who;
    this.witness.complain(`${way} of ${token} in ${region} at ${replica} ${what}`);
  }
}
