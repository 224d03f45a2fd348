import { Module } from '@nestjs/common';
import { AccessModule } from '../access/guard.js';
import { TasksModule } from '../tasks/tasks.controller.js';
import { LongPoll } from './long-poll.js';
import { OpenStreams } from './open-streams.js';
import { StreamLookups } from './stream-lookups.js';
import { StreamsController } from './streams.controller.js';
import { TaskStreams } from './task-streams.js';
import { TaskWatches } from './task-watches.js';

/** Waiting for what becomes of tasks. */
@Module({
  imports: [AccessModule, TasksModule],
  controllers: [StreamsController],
  providers: [TaskWatches, LongPoll, OpenStreams, TaskStreams, StreamLookups],
  exports: [TaskWatches, LongPoll, TaskStreams],
})
export class WatchModule {}
