import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { validationFailed } from '@gateway/problems';
import type { Violation } from '@gateway/problems';
import type { TaskView } from '@gateway/tasks';
import { readTaskQuery } from './task-query.js';
import { TaskResolver } from './task-resolver.js';
import type { NamedTask } from './task-resolver.js';

/** What the URL of a task, or of its artifact, says. */
export interface TaskRequest {
  readonly resource: 'task' | 'artifact';
  readonly named: NamedTask;
  readonly view: TaskView;
}

type RoutedRequest = FastifyRequest<{ readonly Params: { readonly provider: string; readonly id?: string } }>;

/** Characters of all URLs that are remembered: about 45,000 short ones. With what each says they take some 30 MB. */
const REMEMBERED_LENGTH = 2_000_000;
/** Longer URLs are read again each time. */
const MAX_REMEMBERED_LENGTH = 512;

/** Reads URLs of tasks. Equal ones say the same, whoever asks: each is parsed and validated once. */
@Injectable()
export class TaskRequests {
  private readonly known = new LRUCache<string, TaskRequest>({
    maxSize: REMEMBERED_LENGTH,
    sizeCalculation: (_read, url) => url.length,
  });

  constructor(private readonly references: TaskResolver) {}

  /** What a URL says that has been read and found good; undefined for any other. */
  peek(url: string): TaskRequest | undefined {
    return this.known.get(url);
  }

  /**
   * @param violations what is wrong with the request besides
   * @throws Problem `provider-not-found`, `validation-failed`
   */
  read(request: FastifyRequest, resource: TaskRequest['resource'], violations: readonly Violation[]): TaskRequest {
    const url = request.raw.url ?? '';
    const known = this.known.get(url);
    if (known !== undefined) {
      if (violations.length > 0) throw validationFailed(violations, known.named.provider.id);
      return known;
    }
    const { provider, id = '' } = (request as RoutedRequest).params;
    // An unknown provider is the first thing to know, whatever else is wrong.
    this.references.provider(provider);
    const found: Violation[] = [];
    const { view = 'full', ...scope } = readTaskQuery(request.query, resource === 'task', found);
    found.push(...violations);
    const read = { resource, named: this.references.complete({ provider, id, ...scope }, found), view };
    if (url.length <= MAX_REMEMBERED_LENGTH) this.known.set(url, read);
    return read;
  }
}
