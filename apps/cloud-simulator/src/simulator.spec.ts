import { describe, expect, it } from '@jest/globals';
import { readEnvironment } from './environment.js';
import { startSimulator } from './simulator.js';
import { ask, NO_TASK, openRequest, pathTo } from './testing/ask.js';

describe('simulator', () => {
  it('listens on loopback, on a free port', async () => {
    const simulator = await startSimulator();
    expect(simulator.url).toBe(`http://127.0.0.1:${simulator.port}`);
    await simulator.close();
  });

  it('refuses a port that is taken', async () => {
    const simulator = await startSimulator();
    await expect(startSimulator({ port: simulator.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await simulator.close();
  });

  it('stops at once, with requests in flight', async () => {
    const simulator = await startSimulator();
    simulator.control.putFault('ims', { kind: 'hang' });
    const socket = openRequest(simulator, pathTo.ims(NO_TASK), 'x');
    const closed = new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
    while (simulator.control.requests().length === 0) await ask(simulator, '/_control/clock');
    await simulator.close();
    await closed;
  });
});

describe('environment', () => {
  it('has a default for everything', () => {
    const { host, ports, accounts } = readEnvironment({ SIMULATOR_PORT: '', PATH: '/bin' });
    expect([host, ports]).toEqual(['127.0.0.1', [4010]]);
    expect(accounts?.[0]?.users[0]).toMatchObject({
      name: 'demo',
      password: 'demo-password',
      keys: [{ access: 'SIMULATORACCESSKEY01', secret: 'demo-secret-key' }],
    });
  });

  it('sets address and secrets', () => {
    const environment = {
      SIMULATOR_HOST: '::1',
      SIMULATOR_PORT: '4011,0',
      SIMULATOR_PASSWORD: 'p',
      SIMULATOR_SECRET_KEY: 's',
    };
    const { host, ports, accounts } = readEnvironment(environment);
    expect([host, ports]).toEqual(['::1', [4011, 0]]);
    expect(accounts?.[0]?.users[0]).toMatchObject({ password: 'p', keys: [{ secret: 's' }] });
  });

  it('names everything that is wrong', () => {
    const environment = { SIMULATOR_HOST: 'a b', SIMULATOR_PORT: '0,65536', SIMULATOR_PORTS: '1' };
    expect(() => readEnvironment(environment)).toThrow(
      'SIMULATOR_PORTS is not known; SIMULATOR_HOST must be an address or a host name; SIMULATOR_PORT must be an integer from 0 to 65535, or several with commas',
    );
  });
});
