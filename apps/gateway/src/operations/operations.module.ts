import { Module } from '@nestjs/common';
import { TasksModule } from '../tasks/tasks.module.js';
import { OperationsListener } from './operations-listener.js';
import { PurgeRoutes } from './purge-routes.js';

/** The operators' own listener, where it is configured. */
@Module({ imports: [TasksModule], providers: [OperationsListener, PurgeRoutes] })
export class OperationsModule {}
