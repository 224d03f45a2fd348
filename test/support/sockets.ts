import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** A connection on which this was written, and nothing else will be; it does not close by itself when the other side does. */
export async function connectAndWrite(port: number, bytes: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  if (bytes !== '') socket.write(bytes, 'latin1');
  return socket;
}

/** Resolves once nobody listens there any more: that is how a stop shows its effect. */
export async function listenerClosed(port: number): Promise<void> {
  const accepts = (): Promise<boolean> =>
    new Promise((answer) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        answer(true);
      });
      socket.once('error', () => answer(false));
    });
  while (await accepts());
}
