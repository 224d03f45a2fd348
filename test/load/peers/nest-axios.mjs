// Nest on fastify with @nestjs/axios as it comes; with the argument `cache`, Nest's CacheInterceptor and Redis before it.
// Decorators are called as functions: this file runs as it is.
import 'reflect-metadata';
import { HttpModule, HttpService } from '@nestjs/axios';
import { CacheInterceptor, CacheModule } from '@nestjs/cache-manager';
import { Controller, Get, Inject, Module, Param, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import KeyvRedis from '@keyv/redis';
import { firstValueFrom } from 'rxjs';
import { ADDRESS, ready, taskOf, upstreamUrl } from '../servers/serve.mjs';

const cached = process.argv[2] === 'cache';

class TasksController {
  constructor(http) {
    this.http = http;
  }

  async task(id) {
    const { data } = await firstValueFrom(this.http.get(upstreamUrl(id)));
    return taskOf(data, id);
  }
}
const { prototype } = TasksController;
const route = Object.getOwnPropertyDescriptor(prototype, 'task');
Controller('tasks/:provider/:id')(TasksController);
Inject(HttpService)(TasksController, undefined, 0);
Get()(prototype, 'task', route);
Param('id')(prototype, 'task', 0);
if (cached) UseInterceptors(CacheInterceptor)(prototype, 'task', route);

class AppModule {}
const store = () => ({ stores: [new KeyvRedis(process.env.REDIS)], ttl: 3_600_000 });
Module({
  imports: [HttpModule, ...(cached ? [CacheModule.registerAsync({ useFactory: store })] : [])],
  controllers: [TasksController],
})(AppModule);

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error'] });
await app.listen(ADDRESS);
ready(app.getHttpServer().address().port);
