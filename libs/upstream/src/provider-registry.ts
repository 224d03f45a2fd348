import { Injectable } from '@nestjs/common';
import type { Provider } from '@gateway/tasks';

/** The providers that this gateway serves; every provider module adds its own. */
@Injectable()
export class ProviderRegistry {
  private readonly providers = new Map<string, Provider>();

  /** @throws Error when two modules claim one id */
  add(provider: Provider): void {
    if (this.providers.has(provider.id)) throw new Error(`two provider modules are called "${provider.id}"`);
    this.providers.set(provider.id, provider);
  }

  get(id: string): Provider | undefined {
    return this.providers.get(id);
  }

  list(): readonly Provider[] {
    return [...this.providers.values()];
  }
}
