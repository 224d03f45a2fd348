import type { GatewayServer } from './gateway-server.js';

/** The way out of this process: it is not ready any more, tells callers to connect elsewhere, and closes its listeners. */
export class Drain {
  private readonly servers: GatewayServer[];
  private begun = false;

  constructor(...servers: GatewayServer[]) {
    this.servers = servers;
  }

  get isDraining(): boolean {
    return this.begun;
  }

  /** From now on every answer is the last one of its connection. */
  begin(): void {
    this.begun = true;
  }

  /** Has this server closed with the others. */
  add(server: GatewayServer): void {
    this.servers.push(server);
  }

  /** All at once, so that none goes on while another waits for its callers. */
  closeListeners(): void {
    for (const server of this.servers) server.close();
  }

  /** Closes every connection, whatever is under way. @returns how many there were */
  cutOff(): number {
    return this.servers.reduce((count, server) => count + server.cutOff(), 0);
  }
}
