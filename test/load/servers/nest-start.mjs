// Nest on fastify with everything imported that the gateway depends on, and one route.
import { readFileSync } from 'node:fs';

const { dependencies } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
await Promise.all(Object.keys(dependencies).map((name) => import(name)));

const { Controller, Get, Module } = await import('@nestjs/common');
const { NestFactory } = await import('@nestjs/core');
const { FastifyAdapter } = await import('@nestjs/platform-fastify');

class LiveController {
  livez() {
    return { status: 'ok' };
  }
}
const { prototype } = LiveController;
Controller('livez')(LiveController);
Get()(prototype, 'livez', Object.getOwnPropertyDescriptor(prototype, 'livez'));
class AppModule {}
Module({ controllers: [LiveController] })(AppModule);

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
process.send({ url: await app.getUrl() });
process.once('disconnect', () => process.exit(0));
