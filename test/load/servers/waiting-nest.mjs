// Nest on fastify: requests wait as promises; streams are hijacked replies, or, with the argument `sse`, what `@Sse` makes of one Subject.
// Decorators are called as functions: this file runs as it is.
import 'reflect-metadata';
import { Controller, Get, Module, Res, Sse } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Subject, startWith } from 'rxjs';
import { ITEM, others, stream } from './audience.mjs';
import { ADDRESS, payload, ready } from './serve.mjs';

const waiting = new Set();
others.add(() => {
  for (const resolve of waiting) resolve(payload);
  waiting.clear();
});
const changes = new Subject();
const event = { id: ITEM.task.version, type: 'task', data: ITEM };
others.add(() => changes.next(event));

class TasksController {
  task() {
    return new Promise((resolve) => void waiting.add(resolve));
  }

  hijacked(reply) {
    reply.hijack();
    stream(reply.raw);
  }

  sse() {
    return changes.pipe(startWith(event));
  }
}
const { prototype } = TasksController;
const route = (name) => [prototype, name, Object.getOwnPropertyDescriptor(prototype, name)];
Controller('tasks/:provider/:id')(TasksController);
Get()(...route('task'));
if (process.argv[2] === 'sse') Sse('events')(...route('sse'));
else {
  Get('events')(...route('hijacked'));
  Res()(prototype, 'hijacked', 0);
}
class AppModule {}
Module({ controllers: [TasksController] })(AppModule);

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error'] });
await app.listen(ADDRESS);
ready(app.getHttpServer().address().port);
