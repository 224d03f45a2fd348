// Bare node:http that answers a buffer, or, with the argument `redis`, what one GET of ioredis brings.
import { createServer } from 'node:http';
import { ADDRESS, payload, ready } from './serve.mjs';

const HEAD = { 'content-type': 'application/json; charset=utf-8' };

async function fromRedis() {
  const { Redis } = await import('ioredis');
  const redis = new Redis(process.env.REDIS);
  await redis.set('peer:node-http', payload);
  return async (_request, reply) => {
    const text = await redis.get('peer:node-http');
    reply.writeHead(200, { ...HEAD, 'content-length': Buffer.byteLength(text) });
    reply.end(text);
  };
}

function fromMemory(_request, reply) {
  reply.writeHead(200, { ...HEAD, 'content-length': payload.length });
  reply.end(payload);
}

const server = createServer(process.argv[2] === 'redis' ? await fromRedis() : fromMemory);
server.listen(ADDRESS, () => ready(server.address().port));
