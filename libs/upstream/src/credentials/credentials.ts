import { UpstreamFailure } from '../errors/upstream-failure.js';
import { signRequest } from './sign-request.js';
import type { AccessKey } from './sign-request.js';

/** What has to be authorized. */
export interface UnauthorizedRequest {
  readonly method: 'GET';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Null where the path needs no project. */
  readonly projectId: string | null;
}

export interface Authorization {
  /** Headers to add. */
  readonly headers: Readonly<Record<string, string>>;
  /** Values that must not come back out of an upstream's answer. */
  readonly secrets: readonly string[];
  /** Told that the upstream refused; says whether another authorization would differ. */
  readonly forget: (reason: 'expired' | 'refused') => boolean;
}

/** One way of proving to a region's services who asks. */
export interface Credentials {
  /**
   * @param callerToken the caller's own token, where the caller sent one
   * @throws UpstreamFailure when no authorization can be had
   */
  readonly authorize: (
    request: UnauthorizedRequest,
    callerToken: string | null,
    signal: AbortSignal,
  ) => Promise<Authorization>;
}

/** The caller's own token goes upstream, and nobody else's. */
export const passthroughCredentials: Credentials = {
  authorize: async (_request, callerToken) => {
    // The gateway asks for the token before it comes to this; a request without one must not go out.
    if (callerToken === null)
      throw new UpstreamFailure({
        problem: 'upstream-credentials-rejected',
        ownToken: true,
        detail: 'There is no token to ask with.',
      });
    return { headers: { 'x-auth-token': callerToken }, secrets: [callerToken], forget: () => false };
  },
};

/** Signs every request. There is nothing to renew: repeating a refused signature only helps to lock the key. */
export function keyCredentials(key: AccessKey, now: () => Date = () => new Date()): Credentials {
  const secrets = [key.accessKey, key.secretKey, key.securityToken].filter((value) => value !== undefined);
  return {
    authorize: async ({ method, url, headers, projectId }) => {
      const project: Readonly<Record<string, string>> = projectId === null ? {} : { 'x-project-id': projectId };
      const signed = signRequest({ method, url, headers: { ...headers, ...project }, body: '' }, key, now());
      // The signature is good for a while, for whoever reads it.
      const signature = signed['Authorization']?.split('Signature=').at(-1) ?? '';
      return { headers: { ...project, ...signed }, secrets: [...secrets, signature], forget: () => false };
    },
  };
}
