import { afterEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '../support/eventually.js';
import { startLoggingGateway } from '../support/logging-gateway.js';
import { childrenOf, isRunning } from '../support/program.js';
import type { LoggingGateway } from '../support/logging-gateway.js';

const MAX_KEPT_LENGTH = 1_048_576;
/** What a pipe holds besides. */
const PIPE_LENGTH = 65_536;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function gatewayOn(stdout: number): Promise<LoggingGateway> {
  const gateway = await startLoggingGateway(cleanups, stdout);
  closeSync(stdout);
  return gateway;
}

/** A pipe that holds what nobody reads: its ends as file descriptors. */
function openPipe(): { readonly reader: number; readonly writer: number } {
  const folder = mkdtempSync(join(tmpdir(), 'pipe-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  // Neither waits for the other so.
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, 'w') };
}

interface Line {
  readonly dropped?: number;
  readonly requestId?: string;
}

/** Reads on until a line says how many are missing. */
async function readToGap(
  reader: number,
): Promise<{ readonly lines: number; readonly length: number; readonly dropped: number }> {
  const stream = new Socket({ fd: reader, readable: true, writable: false });
  cleanups.push(() => stream.destroy());
  let lines = 0;
  let length = 0;
  for await (const text of createInterface({ input: stream })) {
    if (!text.startsWith('{')) continue;
    const line = JSON.parse(text) as Line;
    if (line.dropped !== undefined) return { lines, length, dropped: line.dropped };
    length += text.length + 1;
    if (line.requestId !== undefined) lines += 1;
  }
  throw new Error('the log ended before a gap was said');
}

describe('a log whose disk is full', () => {
  it('requests and a stop: answered, and ended', async () => {
    const gateway = await gatewayOn(openSync('/dev/full', 'w'));
    expect(await gateway.ask('/livez', 500)).toEqual([200]);
    gateway.child.kill('SIGTERM');
    await gateway.ended;
  }, 60_000);
});

describe('a log that nobody reads', () => {
  it('many requests: answered with bounded memory, and the number of lines that are missing is logged once it is read again', async () => {
    const { reader, writer } = openPipe();
    const gateway = await gatewayOn(writer);
    const asked = 5_000;
    expect(await gateway.ask('/livez', asked)).toEqual([200]);
    const { lines, length, dropped } = await readToGap(reader);
    expect(lines + dropped).toBe(asked);
    expect(dropped).toBeGreaterThan(0);
    expect(length).toBeLessThanOrEqual(MAX_KEPT_LENGTH + PIPE_LENGTH);
  }, 60_000);

  it('stop: ends', async () => {
    const { reader, writer } = openPipe();
    cleanups.push(() => closeSync(reader));
    const gateway = await gatewayOn(writer);
    expect(await gateway.ask('/livez', 500)).toEqual([200]);
    gateway.child.kill('SIGTERM');
    await gateway.ended;
  }, 60_000);
});

describe('a log whose reader has gone', () => {
  it('requests and a stop: answered, and ended', async () => {
    const { reader, writer } = openPipe();
    const gateway = await gatewayOn(writer);
    closeSync(reader);
    expect(await gateway.ask('/livez', 500)).toEqual([200]);
    gateway.child.kill('SIGTERM');
    await gateway.ended;
  }, 60_000);
});

describe('a log on a terminal that is stopped', () => {
  it('requests and a stop: answered, and ended', async () => {
    const { child, ask } = await startLoggingGateway(cleanups, 'stopped terminal');
    const [pid = 0] = childrenOf(child.pid ?? 0);
    cleanups.push(() => isRunning(pid) && process.kill(pid, 'SIGKILL'));
    expect(await ask('/livez', 2_000)).toEqual([200]);
    process.kill(pid, 'SIGTERM');
    await eventually(() => !isRunning(pid));
  }, 60_000);
});
