export function scenario(
  library: object,
  about: { readonly baseUrl: string; readonly refs: object },
  tick: () => Promise<void>,
): Promise<unknown>;
