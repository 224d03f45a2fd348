import { createApp } from './app.js';
import type { GatewayConfig } from './config/gateway-config.js';
import { listenHost } from './http/gateway-server.js';
import { ProblemWriter } from './http/problem-writer.js';
import { Reload } from './reload/reload.js';
import { isMessage } from './siblings/messages.js';
import { Siblings } from './siblings/siblings.js';
import { Stop } from './stop.js';

/**
 * Runs a gateway in this process: alone, or as one of several that a primary has started.
 * @param principalKey of such a worker @param onFailure gets what ends it once nobody has caught an error
 * @throws Error when it cannot listen
 */
export async function serve(
  config: GatewayConfig,
  principalKey: string | null,
  onFailure: (end: () => void) => void,
): Promise<void> {
  const siblings = principalKey === null ? Siblings.none() : Siblings.behind(process, principalKey);
  process.on('message', (message) => {
    if (!isMessage(message)) return;
    if (message.type === 'end') process.exit(message.code);
    if (message.type === 'reload') app.get(Reload).run(process.env, new Map(message.files));
  });
  const app = await createApp(config, undefined, siblings);
  const stop = new Stop(app);
  stop.onSignals(!siblings.isAlone);
  onFailure(() => stop.begin('nobody caught an error', 0, 1));
  const { host, port } = config.server;
  await app.listen({ host: listenHost(host), port, ...siblings.sharedPort });
  const url = app.get(ProblemWriter).baseUrl();
  if (siblings.isAlone) process.stdout.write(`task-gateway listens on ${url}\n`);
  // Its parent may be gone already, without a 'disconnect' to be seen.
  process.send?.(
    { type: 'listening', url },
    undefined,
    undefined,
    (error) => error && process.kill(process.pid, 'SIGTERM'),
  );
}
