import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { AccessProofs } from './access-proofs.js';
import { BatchService } from './batch.service.js';
import { ExpressRoute } from './express-route.js';
import { TaskLookup } from './task-lookup.js';
import { TaskRequests } from './task-request.js';
import { TaskResolver } from './task-resolver.js';
import { TasksController } from './tasks.controller.js';
import { TasksService } from './tasks.service.js';

/** Tasks, their files, and many at once. */
@Module({
  imports: [AccessModule],
  controllers: [TasksController],
  providers: [TaskResolver, TaskRequests, AccessProofs, TaskLookup, TasksService, ExpressRoute, BatchService],
  exports: [TaskResolver],
})
export class TasksModule {}
