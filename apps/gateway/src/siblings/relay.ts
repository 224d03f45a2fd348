import { isMessage, tell } from './messages.js';
import type { Channel, Message } from './messages.js';

/** Milliseconds that siblings have for an answer. */
const PATIENCE_MS = 1_000;

/** Keeps what workers have said about a topic that is to outlive them. */
export interface Retention {
  readonly topic: string;
  note(worker: Channel, said: unknown): void;
  retire(worker: Channel): void;
  /** What is left of those that are gone. */
  readonly figures: unknown;
}

interface Question {
  readonly by: Channel;
  readonly topic: string;
  /** As the one who asks has numbered it. */
  readonly id: number;
  readonly waitsFor: Set<Channel>;
  readonly answers: unknown[];
  readonly timer: NodeJS.Timeout;
}

/** In the primary: passes on what one worker asks all others, and brings it their answers together. */
export class Relay {
  private readonly hearing = new Set<Channel>();
  private readonly questions = new Map<number, Question>();
  private count = 0;

  constructor(
    private readonly patienceMs = PATIENCE_MS,
    private readonly retention: Retention | null = null,
  ) {}

  add(worker: Channel): void {
    worker.on('message', (message) => {
      if (!isMessage(message)) return;
      if (message.type === 'hears') this.hearing.add(worker);
      if (message.type === 'ask') this.ask(worker, message);
      if (message.type === 'answer') this.onAnswer(worker, message.id, message.body);
    });
  }

  /** Nobody waits for one that is gone: what it knew is gone, too, but for what is retained. */
  remove(worker: Channel): void {
    this.retention?.retire(worker);
    this.hearing.delete(worker);
    for (const [id, question] of this.questions)
      if (question.waitsFor.delete(worker) && question.waitsFor.size === 0) this.end(id);
  }

  private ask(by: Channel, { id, topic, body, whom }: Message & { readonly type: 'ask' }): void {
    const number = (this.count += 1);
    const waitsFor = new Set([...this.hearing].filter((worker) => whom === 'all' || worker !== by));
    const timer = setTimeout(() => this.end(number), this.patienceMs);
    this.questions.set(number, { by, id, topic, waitsFor, answers: [], timer });
    for (const worker of waitsFor) tell(worker, { type: 'asked', id: number, topic, body });
    if (waitsFor.size === 0) this.end(number);
  }

  private onAnswer(worker: Channel, number: number, body: unknown): void {
    const question = this.questions.get(number);
    if (question?.waitsFor.delete(worker) !== true) return;
    question.answers.push(body);
    if (this.retention?.topic === question.topic) this.retention.note(worker, body);
    if (question.waitsFor.size === 0) this.end(number);
  }

  private end(number: number): void {
    const question = this.questions.get(number);
    if (question === undefined) return;
    const { by, id, topic, waitsFor, timer } = question;
    this.questions.delete(number);
    clearTimeout(timer);
    const left = this.retention?.topic === topic ? [this.retention.figures] : [];
    tell(by, { type: 'answers', id, answers: [...question.answers, ...left], missing: waitsFor.size });
  }
}
