import { once } from 'node:events';
import type { Message } from './messages.js';

/** The argument of a process that a primary has started. */
export const WORKER = 'worker';

/** What the primary gives this process to start with, which nobody else can see; null where it is no worker. @throws Error without a primary */
export async function startOfWorker(): Promise<(Message & { readonly type: 'start' }) | null> {
  if (process.argv[2] !== WORKER) return null;
  if (!process.connected) throw new Error(`"${WORKER}" is for processes that another one has started`);
  const orphaned = (): never => process.exit(0);
  process.once('disconnect', orphaned);
  const [message] = (await once(process, 'message')) as [Message & { readonly type: 'start' }];
  process.off('disconnect', orphaned);
  return message;
}
