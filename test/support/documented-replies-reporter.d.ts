export default class DocumentedRepliesReporter {
  constructor(options: object);
  onRunComplete(contexts: ReadonlySet<unknown>, results: object): void;
  getLastError(): Error | undefined;
}

export function compareReplies(
  document: object,
  seen: readonly string[],
): { readonly documented: number; readonly missing: readonly string[] };
