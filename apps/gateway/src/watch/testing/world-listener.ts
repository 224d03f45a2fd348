import type { Problem } from '@gateway/problems';
import type { TaskAnswer } from '../../tasks/task-reply.js';
import { Watcher } from '../watcher.js';
import { problems, denial } from './world-moods.js';

/** What a listener judges by, and where it notes faults. */
interface ListenedWorld {
  /** Version that is done. */
  readonly last: string | null;
  readonly faults: string[];
  mayBeShown(principal: string): boolean;
}

/** Notes what it should not have heard: thrown here, it would be nobody's who could catch it. */
export class Listener extends Watcher {
  private isLast = false;
  private newest: number;

  constructor(
    private readonly world: ListenedWorld,
    readonly principal: string,
    override known: string | null,
  ) {
    super();
    this.newest = Number(known ?? -1);
  }

  onAnswer({ version }: TaskAnswer): void {
    this.hear(version);
    if (Number(version) <= this.newest) this.world.faults.push(`${version} after ${this.newest}`);
    if (!this.world.mayBeShown(this.principal)) this.world.faults.push(`${version} without a proof`);
    this.newest = Number(version);
    this.isLast = version === this.world.last;
  }

  onProblem(problem: Problem): void {
    this.hear(problem.slug);
    this.isLast = problem === problems.missing || problem === denial;
  }

  override onRecovered(): void {
    this.hear('recovered');
  }

  private hear(what: string): void {
    if (this.isLast || this.set === null) this.world.faults.push(`${what} after the last`);
  }
}
