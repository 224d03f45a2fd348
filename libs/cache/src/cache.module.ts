import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { TaskCache } from './task-cache.js';
import type { CacheOptions } from './task-cache.js';

/** Offers the {@link TaskCache}. */
@Module({})
export class CacheModule {
  /** @throws Error for Redis settings that cannot be used, when the application is created */
  static register(options: CacheOptions = {}): DynamicModule {
    return {
      module: CacheModule,
      providers: [{ provide: TaskCache, useFactory: () => new TaskCache(options) }],
      exports: [TaskCache],
    };
  }
}
