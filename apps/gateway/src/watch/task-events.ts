import { isRetryable, Problem } from '@gateway/problems';
import type { ProblemContext, ProblemSlug } from '@gateway/problems';
import type { TaskAddress, TaskView } from '@gateway/tasks';
import { isDone } from '../tasks/task-reply.js';
import type { TaskAnswer } from '../tasks/task-reply.js';
import type { FramePart, FrameSource } from './frame.js';
import type { TaskReference } from '../tasks/task-resolver.js';
import { givenReference, problemFrame, taskFrame, writeReference } from './task-frames.js';
import type { GivenReference } from './task-frames.js';
import { Watcher } from './watcher.js';

/** The stream that tells of a task. */
export interface EventsStream {
  readonly view: TaskView;
  /** Whether it tells of this task only. */
  readonly isAlone: boolean;
  problemContext(): ProblemContext;
  offer(source: FrameSource): void;
  /** Nothing more comes about this task. @param problem why, unless it is done @param hadBegun whether it had been followed */
  onOver(events: TaskEvents, problem: Problem | null, hadBegun: boolean): void;
}

/** One task in a stream. A stream may have a hundred of them: what is not kept here is made when it is sent. */
export class TaskEvents extends Watcher implements FrameSource {
  private address: TaskAddress | null = null;
  private given: GivenReference;
  /** Version that the reader has, or will have. */
  private sent: string | null;
  /** Code of the problem that it was told of; null since something else came. */
  private code: ProblemSlug | null = null;
  private answer: TaskAnswer | null = null;
  private problem: Problem | null = null;

  /** @param known version that the reader has */
  constructor(
    private readonly stream: EventsStream,
    reference: TaskReference,
    known: string | null,
  ) {
    super();
    this.given = givenReference(reference, null);
    this.known = known;
    this.sent = known;
  }

  /** From now on the address tells how the task is named: one of all who watch it takes no room here. */
  nameBy(reference: TaskReference, address: TaskAddress): void {
    this.address = address;
    this.given = givenReference(reference, address);
  }

  onAnswer(answer: TaskAnswer): void {
    this.onRecovered();
    this.known = answer.version;
    if (answer.version !== this.sent) {
      this.sent = answer.version;
      this.answer = answer;
      this.stream.offer(this);
    }
    if (isDone(answer)) this.stream.onOver(this, null, true);
  }

  onProblem(problem: Problem): void {
    const isOver = !isRetryable(problem);
    if (problem.slug === this.code && !isOver) return;
    this.code = problem.slug;
    this.problem = problem;
    // What waits is not for who may not read it any more.
    if (problem.status === 401 || problem.status === 403) this.answer = null;
    this.stream.offer(this);
    if (isOver) this.stream.onOver(this, problem, this.set !== null);
  }

  /** What the first lookup has brought. */
  notify(first: TaskAnswer | Problem): void {
    if (first instanceof Problem) this.onProblem(first);
    else this.onAnswer(first);
  }

  override onRecovered(): void {
    this.code = null;
    this.problem = null;
  }

  takeFrames(): readonly FramePart[] {
    const { answer, problem, address, given, stream } = this;
    this.answer = null;
    this.problem = null;
    const task = answer === null ? [] : taskFrame(answer, stream.view, address, given, stream.isAlone);
    if (problem === null) return task;
    return [...task, problemFrame(problem, writeReference(address, given), stream.problemContext())];
  }
}
