import { TaskCache } from '@gateway/cache';
import { TaskAddress } from '@gateway/tasks';
import { Principals } from '../../../apps/gateway/src/access/authentication.js';
import type { MovedClock } from '../../faults/support/clock.js';
import { eventually } from '../../support/eventually.js';
import type { Reply } from '../../support/http-client.js';
import { closedGate, forbidden, refused, throttled, tokenOf, unavailable } from './cloud.js';
import type { Answer, Call, Cloud, Gate } from './cloud.js';
import { secretOf, wrongWith } from './isolation-judge.js';
import type { Asked, CloudAnswer, Voided } from './isolation-judge.js';
import { INSTANCE, requestOf } from './isolation-story.js';
import type { Question, Role, Step, Way } from './isolation-story.js';
import { REQUEST_MS, SECRETS } from './replicas.js';
import type { LocalReplica } from './replicas.js';
import { inside } from '../../../libs/cache/src/testing/cache-internals.js';

export interface Stage {
  readonly replicas: readonly LocalReplica[];
  /** One for each replica: so it is known who asks. */
  readonly clouds: readonly Cloud[];
  readonly clock: MovedClock;
  readonly proofMs: number;
}

type Region = Asked['region'];
const principals = new Principals(SECRETS.PRINCIPAL_SECRET);
let worlds = 0;

/** One story: its own tokens, projects and tasks on a stage that many share, and what the cloud said in it. */
export class IsolationWorld {
  readonly wrong: string[] = [];
  private readonly name: string;
  private readonly answers: CloudAnswer[] = [];
  private readonly voided: Voided[] = [];
  private readonly roles = new Map<string, Role>();
  private readonly revisions = new Map<string, number>();
  private readonly etags = new Map<string, string>();
  private readonly pending = new Set<{ readonly reply: Promise<void>; readonly leave: () => void }>();
  private place = 0;
  private gate: Gate | null = null;
  private down: 'nothing' | 'services' | 'identity' = 'nothing';
  private wasDown = false;
  private tookTooLong = false;
  private finished = false;

  constructor(private readonly stage: Stage) {
    worlds += 1;
    this.name = `w${worlds}`;
    for (const [replica, cloud] of stage.clouds.entries()) cloud.behave((call) => this.answer(replica, call));
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'ask':
        return this.ask(step);
      case 'role':
        this.roles.set(`${this.token(step.token)} ${this.project(step.project)}`, step.role);
        return;
      case 'hold':
        this.gate ??= closedGate();
        return;
      case 'release':
        return this.release();
      case 'leave':
        return this.leave();
      case 'finish':
        this.finished = true;
        return;
      case 'pass':
        this.stage.clock.advance(step.seconds * 1_000);
        this.tookTooLong ||= this.pending.size > 0 && step.seconds * 1_000 > REQUEST_MS;
        return;
      case 'down':
        this.down = step.what;
        this.wasDown ||= step.what !== 'nothing';
        return;
      case 'purge':
        return this.purge(step);
    }
  }

  /** Nobody waits any more. */
  async release(): Promise<void> {
    this.gate?.open();
    this.gate = null;
    await Promise.all([...this.pending].map(({ reply }) => reply));
  }

  private token = (number: number): string => `${this.name}-token-${number}`;
  private project = (number: number): string => `${this.name}-project-${number}`;
  /** Token 0 and 1 are of project 0, the others of project 1. */
  private home = (token: string): string => this.project(/-[01]$/.test(token) ? 0 : 1);
  private now = (): number => (this.place += 1);

  private async answer(replica: number, call: Call): Promise<Answer> {
    const [arrived, token] = [this.now(), call.token ?? ''];
    const by = call.service === 'iam' ? 'identity' : 'service';
    // What it says is decided when it is asked, and may be old when it is heard.
    const answer = by === 'identity' ? this.identify(call) : this.serve(call);
    await this.gate?.opened;
    const project = by === 'identity' ? this.home(token) : call.project;
    const { status } = answer;
    this.answers.push({ by, replica, token, project, status, arrived, answered: this.now(), at: Date.now() });
    return answer;
  }

  private identify(call: Call): Answer {
    if (this.down === 'identity') return unavailable;
    const home = this.home(call.token ?? '');
    const isExpired = this.roles.get(`${call.token} ${home}`) === 'expired';
    return isExpired ? { status: 401, body: { error: { code: 401 } } } : tokenOf(home, call);
  }

  private serve({ token, project, id }: Call): Answer {
    if (this.down === 'services') return unavailable;
    // Without a token it is the gateway that asks, which may read everything.
    const mayUsually = token === null || this.home(token) === project;
    const role = this.roles.get(`${token} ${project}`) ?? (mayUsually ? 'allowed' : 'forbidden');
    if (role !== 'allowed') return { forbidden, expired: refused, throttled }[role];
    const region = token === null ? 'shared' : 'own';
    const secret = secretOf(project, this.revisions.get(`${region} ${project} ${id}`) ?? 0);
    if (!this.finished) return { status: 200, body: { task_id: id, task_status: 'processing', task_type: secret } };
    const file = { FileName: 'export', FileType: '.json', Comment: JSON.stringify({ secret }) };
    const ended = { task_status: 'succeed', task_type: 'export_api', task_result: JSON.stringify(file) };
    return { status: 200, body: { task_id: id, ...ended } };
  }

  private async ask(question: Question): Promise<void> {
    const { replica, region, way } = question;
    const [token, project] = [this.token(question.token), this.project(question.project)];
    const task = `${this.name}-task-${question.task}`;
    const revision = this.revisions.get(`${region} ${project} ${task}`) ?? 0;
    const onlyIfCached = way === 'only-if-cached';
    const asked = { replica, token, region, project, task, revision, onlyIfCached, began: this.now(), at: Date.now() };
    const leaving = new AbortController();
    const reply = this.replica(replica)
      .ask({ ...requestOf(asked, way, this.etags.get(task)), signal: leaving.signal })
      .then((came) => this.judge(asked, way, came))
      .catch((error: unknown) => {
        if (!leaving.signal.aborted) this.wrong.push(String(error));
      });
    const waiting = { reply, leave: () => leaving.abort() };
    this.pending.add(waiting);
    void reply.then(() => this.pending.delete(waiting));
    await (this.gate === null ? reply : this.isQuiet());
  }

  private judge(asked: Asked, way: Way, reply: Reply): void {
    const { answers, voided, wasDown, tookTooLong } = this;
    const wrong = wrongWith(asked, reply, { answers, voided, wasDown, tookTooLong, proofMs: this.stage.proofMs });
    if (wrong !== null)
      this.wrong.push(`${way} of ${JSON.stringify(asked)} ${wrong}: ${reply.status} ${reply.text.slice(0, 200)}`);
    const { etag } = reply.headers;
    if (etag !== undefined && reply.status === 200 && way === 'plain') this.etags.set(asked.task, etag);
  }

  /** The one who waits longest hangs up. */
  private async leave(): Promise<void> {
    const [first] = this.pending;
    first?.leave();
    await first?.reply;
    await this.isQuiet();
  }

  private async purge({ replica, what, region, number }: Extract<Step, { kind: 'purge' }>): Promise<void> {
    const caches = this.stage.replicas.map(({ app }) => app.get(TaskCache));
    const cache = caches[replica % caches.length] as TaskCache;
    const scope = { provider: 'apig', region, projectId: this.project(number), instanceId: INSTANCE };
    const address = new TaskAddress({ ...scope, id: `${this.name}-task-0` });
    const token = this.token(number);
    const principal = principals.of('token', token);
    if (what === 'principal') await cache.purge({ kind: what, principal });
    else await cache.purge(what === 'provider' ? { kind: what, provider: 'apig' } : { kind: what, address });
    const epoch = (of: TaskCache): string =>
      what === 'principal' ? of.proofs.epochOf(principal) : inside(of).tasks.epochOf(address);
    await eventually(() => caches.every((other) => epoch(other) === epoch(cache)));
    if (what === 'principal') this.voided.push({ token, place: this.now() });
    else this.revise(what, region, number);
  }

  /** What the cloud says from now on can be told from what it said before. */
  private revise(what: 'task' | 'scope' | 'provider', region: Region, number: number): void {
    for (const one of ['own', 'shared'])
      for (const project of [0, 1])
        for (const task of [0, 1]) {
          const covered = what === 'provider' || (one === region && project === number % 2);
          if (!covered || (what === 'task' && task !== 0)) continue;
          const name = `${one} ${this.project(project)} ${this.name}-task-${task}`;
          this.revisions.set(name, (this.revisions.get(name) ?? 0) + 1);
        }
  }

  private replica(number: number): LocalReplica {
    return this.stage.replicas[number % this.stage.replicas.length] as LocalReplica;
  }

  /** Whatever can happen without the gate has happened. Only makes a story the same each time; no verdict hangs on it. */
  private async isQuiet(): Promise<void> {
    let [before, quiet] = ['', 0];
    await eventually(() => {
      const commands = this.stage.replicas.map(({ app }) => app.get(TaskCache).counters().redisCommands);
      const calls = this.stage.clouds.map((cloud) => cloud.calls.length);
      const state = JSON.stringify([commands, calls, this.pending.size]);
      quiet = state === before ? quiet + 1 : 0;
      before = state;
      return quiet === 4;
    });
  }
}
