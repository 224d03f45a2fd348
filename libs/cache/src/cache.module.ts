import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { CacheSettings } from './cache-settings.js';
import { TaskCache } from './task-cache.js';

/** Offers the {@link TaskCache}. */
@Module({})
export class CacheModule {
  /** @throws Error for Redis settings that cannot be used, when the application is created */
  static register(settings: Partial<CacheSettings> = {}): DynamicModule {
    return {
      module: CacheModule,
      providers: [{ provide: TaskCache, useFactory: () => new TaskCache(settings) }],
      exports: [TaskCache],
    };
  }
}
