/** What every generated client has to read from the running gateway, in its own words. */
export interface Reads {
  /** Of the typed result of an import. */
  readonly groupId: string | null | undefined;
  readonly failure: string | undefined;
  readonly batch: readonly (readonly [number, string])[];
  readonly problem: string | undefined;
}

export const SUCCEEDED = 'd9ce8c9eede54b3f841ec324fe0bfdc2';
export const FAILED = 'f01d2772ea4944408fa544c8ae5a9999';
export const MISSING = '00000000000000000000000000000000';
export const BATCH = {
  tasks: [
    { provider: 'dms', id: '8abfa7b272adc5b40172b73130065ae7' },
    { provider: 'apig', id: MISSING },
  ],
};
