import { OperationsListener } from '../../../apps/gateway/src/operations/operations-listener.js';
import { startGateway } from '../../support/gateway.js';
import type { Gateway, GatewayOptions } from '../../support/gateway.js';
import { send } from '../../support/http-client.js';
import type { Ask, Reply } from '../../support/http-client.js';
import { readScrape } from '../../support/prometheus-text.js';

const TOKEN = 'operator-token-of-32-characters-!';

/** A gateway with a listener for operators. */
export interface OperatedGateway extends Gateway {
  /** Asks the listener of operators, as one of them. */
  readonly operate: (ask: Ask) => Promise<Reply>;
  readonly scrape: () => Promise<ReturnType<typeof readScrape>>;
  readonly operatorsPort: number;
}

export async function startOperatedGateway(options: GatewayOptions = {}): Promise<OperatedGateway> {
  const gateway = await startGateway({
    ...options,
    config: { admin: { port: 0, token: '${ADMIN_TOKEN}' }, ...options.config },
    secrets: { ADMIN_TOKEN: TOKEN, ...options.secrets },
  });
  const operatorsPort = gateway.app.get(OperationsListener).address()?.port ?? 0;
  const operate = (ask: Ask): Promise<Reply> =>
    send(operatorsPort, { ...ask, headers: { authorization: `Bearer ${TOKEN}`, ...ask.headers } });
  const scrape = async () => readScrape((await operate({ path: '/metrics' })).text);
  return { ...gateway, operatorsPort, operate, scrape };
}
