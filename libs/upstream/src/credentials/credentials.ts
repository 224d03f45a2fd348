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
