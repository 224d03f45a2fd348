import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../access/guard.js';
import { BUILD_INFO } from './build-info.js';
import type { BuildInfo } from './build-info.js';
import { ApiVersion } from './health.openapi.js';

@ApiTags('health')
@Controller('version')
export class VersionController {
  constructor(@Inject(BUILD_INFO) private readonly build: BuildInfo) {}

  @Get()
  @Public('passthrough')
  @Header('cache-control', 'no-store')
  @ApiVersion
  version(): BuildInfo {
    return this.build;
  }
}
