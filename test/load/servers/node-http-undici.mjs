// Bare node:http that asks the upstream over a pool of undici and normalizes what it says; nothing is kept.
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { ADDRESS, idOf, ready, taskOf, upstreamUrl } from './serve.mjs';

const pool = new Pool(process.env.UPSTREAM, { connections: 64 });

async function answer(request, reply) {
  const id = idOf(request.url);
  const { body } = await pool.request({ method: 'GET', path: new URL(upstreamUrl(id)).pathname });
  const text = JSON.stringify(taskOf(await body.json(), id));
  reply.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  reply.end(text);
}

const server = createServer((request, reply) => void answer(request, reply));
server.listen(ADDRESS, () => ready(server.address().port));
