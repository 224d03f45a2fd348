import { createHmac, randomBytes } from 'node:crypto';

/** Names callers by a keyed hash (HMAC-SHA256, base64url): nobody without the key can tell whose it is. */
export class Principals {
  private readonly key: string | Buffer;

  /** @param secret without one, principals mean nothing outside this process */
  constructor(secret: string | undefined) {
    this.key = secret ?? randomBytes(32);
  }

  /** @param parts the whole credential, or what it says about its owner; the kind of credential comes first */
  of(...parts: readonly [kind: string, ...(string | null)[]]): string {
    return createHmac('sha256', this.key).update(JSON.stringify(parts)).digest('base64url');
  }
}
