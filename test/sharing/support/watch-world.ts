import { setTimeout as delay } from 'node:timers/promises';
import { TaskCache } from '@gateway/cache';
import { TaskAddress } from '@gateway/tasks';
import { Principals } from '../../../apps/gateway/src/access/authentication.js';
import { inside } from '../../../libs/cache/src/testing/cache-internals.js';
import { eventually } from '../../support/eventually.js';
import { forbidden, refused, throttled, tokenOf, unavailable } from './cloud.js';
import type { Answer, Call } from './cloud.js';
import { haveRead, SECRETS } from './replicas.js';
import type { LocalReplica } from './replicas.js';
import type { CloudAnswer, Ended } from './watch-judge.js';
import { secretOf, WatchReader } from './watch-reader.js';
import type { Witness } from './watch-reader.js';
import { INSTANCE, requestOf } from './watch-story.js';
import type { Question, Role, Step } from './watch-story.js';

const principals = new Principals(SECRETS.PRINCIPAL_SECRET);
const NO: Readonly<Record<Exclude<Role, 'allowed'>, Answer>> = { forbidden, expired: refused, throttled, unavailable };
/** Milliseconds until the cloud answers, one after the other: what was asked first may be heard last. */
const SLOW_MS = [0, 5, 0, 150, 0, 40];

/** One story: its own tokens, project and tasks on a stage that many share, and all that was said in it. */
export class WatchWorld implements Witness {
  readonly wrong: string[] = [];
  /** States that readers were told. */
  told = 0;
  readonly answers: CloudAnswer[] = [];
  readonly voided: Ended[] = [];
  readonly purged: Ended[] = [];
  private readonly roles = new Map<string, Role>();
  private readonly states = new Map<string, { revision: number; done: boolean }>();
  private readonly versions = new Map<string, string>();
  private readonly reading = new Map<WatchReader, Promise<void>>();
  private place = 0;

  /** @param name part of all its names; digits behind a letter */
  constructor(
    readonly name: string,
    private readonly replicas: readonly LocalReplica[],
  ) {}

  async play(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      await delay(step.afterMs);
      await this.take(step);
    }
    // Whoever still waits hears the last of it.
    for (const [token, role] of this.roles)
      if (role === 'throttled' || role === 'unavailable') this.roles.set(token, 'allowed');
    for (const number of [0, 1]) this.state(this.taskOf(number)).done = true;
    await Promise.all(this.reading.values());
  }

  /** All proofs have ended by time. */
  async lapse(): Promise<void> {
    const began = this.now();
    await haveRead(this.replicas);
    this.voided.push({ of: null, began, known: this.now() });
  }

  /** What the cloud says; decided when it is asked, and perhaps old when it is heard. */
  async answer(replica: number, call: Call): Promise<Answer> {
    const { token } = call;
    const by = call.service === 'iam' ? 'identity' : 'service';
    const arrived = this.now();
    const answer = by === 'identity' ? this.identify(call) : this.serve(call);
    const revision = this.state(call.id).revision;
    // It is asked behind what the service said: that would be old by then, and still be shown.
    if (by === 'service') await delay(SLOW_MS[arrived % SLOW_MS.length]);
    const project = by === 'identity' ? this.home(token) : call.project;
    const { status } = answer;
    const answered = this.now();
    const said: CloudAnswer = {
      by,
      replica,
      token,
      project,
      task: call.id,
      status,
      revision,
      arrived,
      answered,
      heard: Infinity,
    };
    this.answers.push(said);
    void this.isHeard(said);
    return answer;
  }

  complain(what: string): void {
    this.wrong.push(what);
  }

  isTold(task: string, version: string | undefined): void {
    this.told += 1;
    if (version !== undefined) this.versions.set(task, version);
  }

  private async isHeard(said: CloudAnswer): Promise<void> {
    // Whoever hears it last has read it by then.
    await delay(20);
    await haveRead(this.replicas).catch(() => undefined);
    said.heard = this.now();
  }

  private readonly token = (number: number): string => `${this.name}-token-${number}`;
  readonly taskOf = (number: number): string => `${this.name}-task-${number}`;
  private readonly project = (): string => `${this.name}-project`;
  /** The last token is of another project. */
  private readonly home = (token: string | null): string =>
    token === this.token(2) ? `${this.name}-other` : this.project();
  readonly now = (): number => (this.place += 1);

  private state(task: string): { revision: number; done: boolean } {
    const state = this.states.get(task) ?? { revision: 0, done: false };
    this.states.set(task, state);
    return state;
  }

  private roleOf(token: string | null): Role {
    const usually = this.home(token) === this.project() ? 'allowed' : 'forbidden';
    return token === null ? 'allowed' : (this.roles.get(token) ?? usually);
  }

  private identify(call: Call): Answer {
    if (this.roleOf(call.token) === 'expired') return { status: 401, body: { error: { code: 401 } } };
    return tokenOf(this.home(call.token), call);
  }

  private serve({ token, project, id }: Call): Answer {
    const role = this.roleOf(token);
    if (role !== 'allowed') return NO[role];
    const { revision, done } = this.state(id);
    const secret = secretOf(project, id, revision);
    return { status: 200, body: { task_id: id, task_status: done ? 'succeed' : 'processing', task_type: secret } };
  }

  private async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'open':
        return this.open(step);
      case 'leave': {
        const [first] = this.reading.keys();
        first?.leave();
        return;
      }
      case 'change': {
        const state = this.state(this.taskOf(step.task));
        if (!state.done) state.revision += 1;
        return;
      }
      case 'finish':
        this.state(this.taskOf(step.task)).done = true;
        return;
      case 'role':
        this.roles.set(this.token(step.token), step.role);
        return;
      case 'purge':
        return this.purge(step);
    }
  }

  private open(question: Question): void {
    const { region, way } = question;
    const [replica, token] = [question.replica % this.replicas.length, this.token(question.token)];
    const tasks = way === 'many' || way === 'batch' ? [0, 1].map(this.taskOf) : [this.taskOf(question.task)];
    const who = { replica, token, region, project: this.project(), way, tasks };
    const reader = new WatchReader(who, this);
    const ask = requestOf(question, token, who.project, tasks, this.versions.get(tasks[0] ?? ''));
    const gateway = this.replicas[replica] as LocalReplica;
    const ended = reader.read(gateway, ask).finally(() => {
      this.reading.delete(reader);
      if (way === 'one' || way === 'one-known' || way === 'many') reader.expectEnd();
    });
    this.reading.set(reader, ended);
  }

  private async purge({ replica, what, region, token, task }: Extract<Step, { kind: 'purge' }>): Promise<void> {
    const caches = this.replicas.map(({ app }) => app.get(TaskCache));
    const cache = caches[replica % caches.length] as TaskCache;
    const scope = { provider: 'apig', region, projectId: this.project(), instanceId: INSTANCE };
    const address = new TaskAddress({ ...scope, id: this.taskOf(task) });
    const principal = principals.of('token', this.token(token));
    // Others live here, too, who are of the same provider.
    const kind = what === 'provider' ? 'scope' : what;
    const began = this.now();
    await cache.purge(kind === 'principal' ? { kind, principal } : { kind, address });
    const epoch = (of: TaskCache): string =>
      kind === 'principal' ? of.proofs.epochOf(principal) : inside(of).tasks.epochOf(address);
    const wanted = epoch(cache);
    await eventually(() => caches.every((other) => epoch(other) >= wanted));
    await haveRead(this.replicas);
    const known = this.now();
    if (kind === 'principal') this.voided.push({ of: this.token(token), began, known });
    else
      for (const number of kind === 'task' ? [task] : [0, 1])
        this.purged.push({ of: `${region} ${this.taskOf(number)}`, began, known });
  }
}
