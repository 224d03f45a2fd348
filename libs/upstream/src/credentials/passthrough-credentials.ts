import { UpstreamFailure } from '../upstream-failure.js';
import type { Credentials } from './credentials.js';

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
