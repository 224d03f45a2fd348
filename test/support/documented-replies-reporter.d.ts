export function compareReplies(
  document: object,
  seen: readonly string[],
): { readonly documented: number; readonly missing: readonly string[] };
