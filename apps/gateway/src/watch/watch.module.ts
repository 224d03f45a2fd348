import { Module } from '@nestjs/common';
import { AccessModule } from '../access/guard.js';
import { TasksModule } from '../tasks/tasks.controller.js';
import { LongPoll } from './long-poll.js';
import { TaskWatches } from './task-watches.js';

/** Waiting for what becomes of tasks. */
@Module({ imports: [AccessModule, TasksModule], providers: [TaskWatches, LongPoll] })
export class WatchModule {}
