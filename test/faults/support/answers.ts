import type { Behaviour, Exchange } from './raw-upstream.js';

/** Bytes of a head; further lines are headers. */
export function head(status: number, ...lines: readonly string[]): string {
  return [`HTTP/1.1 ${status} Said`, ...lines, '', ''].join('\r\n');
}

/** A whole reply, labelled as JSON unless the headers say otherwise. */
export function whole(status: number, body: string | Buffer, ...lines: readonly string[]): Buffer {
  const labelled = lines.some((line) => /^content-type:/i.test(line));
  const type = labelled ? [] : ['Content-Type: application/json'];
  const start = head(status, ...type, `Content-Length: ${Buffer.byteLength(body)}`, ...lines);
  return Buffer.concat([Buffer.from(start, 'latin1'), Buffer.from(body)]);
}

/** Answers every request with these bytes. */
export function bytes(reply: string | Buffer): Behaviour {
  return ({ socket }) => void socket.write(reply);
}

/** Answers every request with JSON. */
export function json(status: number, body: unknown, ...lines: readonly string[]): Behaviour {
  return bytes(whole(status, JSON.stringify(body), ...lines));
}

/** Knows every task of IMS, APIG and DMS: each has succeeded. */
export const wellBehaved: Behaviour = (exchange) => json(200, succeeded(exchange))(exchange);

/** As {@link wellBehaved}, and keeps no connection. */
export const wellBehavedOnce: Behaviour = (exchange) => json(200, succeeded(exchange), 'Connection: close')(exchange);

function succeeded({ head: requestHead }: Exchange): object {
  return succeededTask(idOf(requestHead));
}

/** A body that is good for all three services. */
export function succeededTask(id: string): object {
  return {
    status: 'SUCCESS',
    job_id: id,
    job_type: 'imsDelImageMembersJob',
    entities: { results: [] },
    task_id: id,
    task_status: 'succeed',
    task_type: 'import_api',
    task_result: '',
    task_count: '1',
    tasks: [{ id, name: 'bindInstancePublicIp', status: 'SUCCESS' }],
  };
}

/** The last segment of the path that was asked for. */
export function idOf(requestHead: string): string {
  return /^GET \S*\/([^/\s?]+) /.exec(requestHead)?.[1] ?? '';
}

/** Holds every request until it is released. */
export function holdingBack(): {
  readonly behaviour: Behaviour;
  readonly held: () => number;
  /** Answers what is held well, and what comes later at once. */
  readonly release: () => void;
} {
  const held: Exchange[] = [];
  let released = false;
  return {
    behaviour: (exchange) => (released ? wellBehaved(exchange) : void held.push(exchange)),
    held: () => held.length,
    release: () => {
      released = true;
      for (const exchange of held.splice(0)) wellBehaved(exchange);
    },
  };
}
