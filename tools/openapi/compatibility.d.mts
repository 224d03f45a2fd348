export function breakingChanges(base: string, revision: string): Promise<readonly string[]>;
export function isAnnounced(base: string, revision: string): Promise<boolean>;
