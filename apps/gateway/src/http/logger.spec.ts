import { expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a process prints that writes these lines, and dies in the middle of what it does. */
async function printed(code: string): Promise<readonly unknown[]> {
  const program = `
    import { standardOutput } from './apps/gateway/src/http/line-output.ts';
    import { createLogger } from './apps/gateway/src/http/logger.ts';
    const logger = createLogger('info', standardOutput());
    ${code}`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program]).catch(
    (error: { stdout: string }) => error,
  );
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
}

it('loses no line when the process ends, whatever is in it', async () => {
  const words = ['plain', 'grün', '你好', '🚀'];
  const lines = Array.from({ length: 1_000 }, (_, index) => `${words[index % words.length] ?? ''} ${index}`);
  await expect(printed(`for (const line of ${JSON.stringify(lines)}) logger.info(line);`)).resolves.toEqual(lines);
});

it('has written what is fatal before anything else happens', async () => {
  const code = "logger.info('before'); logger.fatal('the end'); process.kill(process.pid, 'SIGKILL');";
  await expect(printed(code)).resolves.toEqual(['before', 'the end']);
});
