import { Module } from '@nestjs/common';
import { ProblemsController } from './problems.controller.js';
import { ProvidersController } from './providers.controller.js';

/** What the gateway says of providers and problems. */
@Module({ controllers: [ProvidersController, ProblemsController] })
export class CatalogModule {}
