/** What callers read, as far as the types of a generated client have to know it. */
interface Task {
  readonly status: string;
  readonly result: { readonly kind: string; readonly apigImport?: { readonly groupId: string | null } } | null;
  readonly error: { readonly code: string } | null;
}
interface Problem {
  readonly code: string;
}
type Item =
  | { readonly kind: 'task'; readonly status: number; readonly task: Task }
  | { readonly kind: 'problem'; readonly status: number; readonly problem: Problem };
type Event = Item | { readonly kind: 'end'; readonly reason: string };

/** A generated client, connected to a gateway. Undefined: the reply was of another kind than its method tells. */
interface Calls<T, I> {
  readonly task: (provider: string, id: string) => Promise<T | undefined>;
  readonly problem: (provider: string, id: string) => Promise<Problem | undefined>;
  readonly batch: (body: { tasks: { provider: string; id: string }[] }) => Promise<readonly I[] | undefined>;
  /** What the stream about a task brings until its end, where the client reads events. */
  readonly events?: (provider: string, id: string) => Promise<readonly Event[]>;
}
export type Connection = Calls<Task, Item>;
/** @param baseUrl where the gateway is; left out, it is where the page is */
export type Connect = (baseUrl?: string) => Connection;

type IsAny<T> = 0 extends 1 & T ? true : false;
/** Whether the way to `result.apigImport.groupId` is typed: a generator that gives up leaves `any`, which fits everything. */
type IsTyped<T> = T extends { readonly result: infer R }
  ? IsAny<R> extends true
    ? false
    : NonNullable<R> extends { readonly apigImport?: infer I }
      ? NonNullable<I> extends { readonly groupId: infer G }
        ? IsAny<G> extends true
          ? false
          : true
        : false
      : false
  : false;

/** Compiles only where the client's own types lead to a member of a typed result, and tell the items of a batch apart. */
export function connection<T extends Task, I extends Item>(
  connect: ((baseUrl?: string) => Calls<T, I>) & (IsTyped<T> extends true ? unknown : never),
): Connect {
  return connect;
}

/** What every library of validators has, as far as it is needed here. */
export interface Schema {
  readonly safeParse: (value: unknown) => { readonly success: boolean };
}
export type Validators = Readonly<Record<'task' | 'problem' | 'batch', Schema>>;
