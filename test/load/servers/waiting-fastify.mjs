// Bare fastify: the same with hijacked replies.
import fastify from 'fastify';
import { hold, stream } from './audience.mjs';
import { ADDRESS, ready } from './serve.mjs';

const app = fastify();
app.get('/tasks/:provider/:id', (_request, reply) => {
  reply.hijack();
  hold(reply.raw);
});
app.get('/tasks/:provider/:id/events', (_request, reply) => {
  reply.hijack();
  stream(reply.raw);
});
await app.listen(ADDRESS);
ready(app.server.address().port);
