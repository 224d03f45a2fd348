// Bare fastify that answers a buffer or, with the argument `object`, an object that it serializes.
import fastify from 'fastify';
import { ADDRESS, payload, ready } from './serve.mjs';

const app = fastify();
const object = JSON.parse(payload);
if (process.argv[2] === 'object') app.get('/tasks/:provider/:id', async () => object);
else
  app.get('/tasks/:provider/:id', (_request, reply) =>
    reply.header('content-type', 'application/json; charset=utf-8').send(payload),
  );
await app.listen(ADDRESS);
ready(app.server.address().port);
