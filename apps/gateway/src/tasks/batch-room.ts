/** Shares out the bytes that the tasks of one answer may take: in request order, as far as is known yet what they need. */
export class BatchRoom {
  /** By place in the request; empty where nothing is known yet, 0 where nothing is taken. */
  private readonly taken: number[] = [];

  /** @param withdraw told of each place whose task does not fit, whether it had fitted so far or not */
  constructor(
    private readonly bytes: number,
    private readonly withdraw: (place: number, bytes: number) => void,
  ) {}

  /** Tells what the task at a place needs. Later places make room for it, and earlier ones never do. */
  take(place: number, bytes: number): void {
    this.taken[place] = bytes;
    let left = this.bytes;
    this.taken.forEach((needed, at) => {
      if (needed <= left) {
        left -= needed;
        return;
      }
      this.taken[at] = 0;
      this.withdraw(at, needed);
    });
  }
}
