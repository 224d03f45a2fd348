import { Logger } from '@nestjs/common';
import { redactText } from '@gateway/tasks';

export type WordKind = 'status word' | 'error code';

const MAX_WORDS = 200;

/** Counts words that no table knows, and warns about each once: they are the first sign that an upstream has changed. */
export class UnmappedWords {
  private readonly logger = new Logger('Upstream');
  private readonly counts = new Map<string, { provider: string; kind: WordKind; word: string; count: number }>();

  note(provider: string, kind: WordKind, raw: string): void {
    const word = redactText(raw).slice(0, 64);
    const key = JSON.stringify([provider, kind, word]);
    const seen = this.counts.get(key);
    if (seen !== undefined) {
      seen.count += 1;
    } else if (this.counts.size < MAX_WORDS) {
      this.counts.set(key, { provider, kind, word, count: 1 });
      this.logger.warn(`${provider} sent a ${kind} that no table knows: ${JSON.stringify(word)}`);
    }
  }

  /** Words of one kind, with how often each was seen since the start. */
  of(provider: string, kind: WordKind): Readonly<Record<string, number>> {
    const entries = [...this.counts.values()].filter((entry) => entry.provider === provider && entry.kind === kind);
    return Object.fromEntries(entries.map(({ word, count }) => [word, count]));
  }
}
