import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

const noted = new Set<string>();

/** Remembers that a documented reply was produced, for the reporter that asks whether each of them was. */
export function noteReply(operationId: string, status: number): void {
  const folder = process.env['SEEN_REPLIES'];
  const line = `${operationId} ${status}\n`;
  if (folder === undefined || noted.has(line)) return;
  noted.add(line);
  appendFileSync(join(folder, String(process.pid)), line);
}
