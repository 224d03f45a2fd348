import { Injectable } from '@nestjs/common';
import { Problem } from '@gateway/problems';
import type { Violation } from '@gateway/problems';
import { isHuaweiStyle } from '@gateway/tasks';
import { cloudOf } from '@gateway/upstream';
import type { RegionSettings } from '@gateway/upstream';
import type { Caller } from '../access/authentication.js';
import { GatewayConfig } from '../config/gateway-config.js';
import { TaskResolver } from './task-resolver.js';
import type { TaskReference } from './task-resolver.js';

/** Who gets to see a token: the maker, and where others may run the same, whoever runs the host. */
function holderOf(region: RegionSettings): string {
  const cloud = cloudOf(region);
  if (isHuaweiStyle(cloud)) return cloud;
  return `${cloud} ${new URL(region.endpoint.replaceAll('{service}', 'service')).origin}`;
}

/** Which clouds a caller's token would be shown to. */
@Injectable()
export class TokenClouds {
  constructor(
    private readonly config: GatewayConfig,
    private readonly resolver: TaskResolver,
  ) {}

  /** What is wrong with a token that several clouds would get to see: it is the secret of one of them. */
  violations(references: readonly TaskReference[], caller: Caller, request: 'batch' | 'stream'): readonly Violation[] {
    const clouds = this.shown(references, caller);
    if (clouds.length <= 1) return [];
    const detail = `The token is of one cloud, and these tasks are on ${clouds.join(' and ')}: ask for those of each in a ${request} of its own.`;
    return [{ detail, header: 'X-Auth-Token' }];
  }

  /**
   * Whom a caller's token would be shown to for these tasks, each once, with a region there; what is refused anyway is
   * passed over.
   */
  private shown(references: readonly TaskReference[], caller: Caller): readonly string[] {
    const clouds = new Map<string, string>();
    if (caller.token === null) return [];
    for (const reference of references) {
      const name = this.regionAsked(reference, caller);
      const region = this.config.regions.find((own) => own.name === name);
      if (region === undefined || !this.resolver.isShownTokens(region.name)) continue;
      const holder = holderOf(region);
      if (!clouds.has(holder)) clouds.set(holder, `${cloudOf(region)} (${region.name})`);
    }
    return [...clouds.values()];
  }

  private regionAsked(reference: TaskReference, caller: Caller): string | null {
    try {
      const named = this.resolver.complete(reference, []);
      this.resolver.targetOf(named, caller);
      return named.address.region;
    } catch (error) {
      if (error instanceof Problem) return null;
      throw error;
    }
  }
}
