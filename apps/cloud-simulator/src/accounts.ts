/** A permanent key, or a temporary one if it comes with a security token. */
export interface AccessKey {
  readonly access: string;
  readonly secret: string;
  readonly securityToken?: string;
}

export interface Project {
  readonly id: string;
  readonly name: string;
  /** What clouds that name projects by a path or a number call it. */
  readonly paths?: readonly string[];
  /** Instance ids by provider, for those whose tasks belong to instances. */
  readonly instances?: Readonly<Record<string, readonly string[]>>;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly password: string;
  /** Ids of the projects that this user may enter; all of the account if left out. */
  readonly projects?: readonly string[];
  readonly keys?: readonly AccessKey[];
  /** Tokens for the clouds without an IAM. */
  readonly tokens?: readonly string[];
  /** Providers that refuse this user for lack of permission. */
  readonly denied?: readonly string[];
}

/** An account of the cloud: a domain, in the words of its IAM. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly projects: readonly Project[];
  readonly users: readonly User[];
}

/** Who a credential belongs to. */
export interface Principal {
  readonly account: Account;
  readonly user: User;
}

/** Names a domain, a project or a user by id, by name, or by both. */
export interface Reference {
  readonly id?: string;
  readonly name?: string;
}

export const DEMO_PASSWORD = 'demo-password';
export const DEMO_ACCESS_KEY = 'SIMULATORACCESSKEY01';
export const DEMO_SECRET_KEY = 'demo-secret-key';

/** The account of the demo, with one user who may do everything. */
export function demoAccount(password = DEMO_PASSWORD, secretKey = DEMO_SECRET_KEY): Account {
  return {
    id: 'd78cbac186b744899480f25bd022f468',
    name: 'demo',
    projects: [
      {
        id: 'ac234de25c6741d2b1273da49eea1b9e',
        name: 'eu-demo-1',
        paths: ['acme/tool.kit', 'tools/builder', '4021'],
        instances: { apig: ['eddc4d25480b4cd6b512f270a1b8b341'], dms: ['c4f2a1b6-3c9e-4c51-9b27-0d1c6a8e7f30'] },
      },
      {
        id: '5f3a8e0d7c1b4e6f9a2d4c8b1e7f6a35',
        name: 'eu-demo-1_second',
        paths: ['acme/second', 'tools/second/builder', '4022'],
        instances: { apig: ['0d4f7b2a9c6e41f38b5a1c7d9e2f6b84'], dms: ['7e1b9d42-5a0c-4f68-8c3d-2b6f4a9e1d57'] },
      },
    ],
    users: [
      {
        id: '7116d09f88fa41908676fdd4b039e95b',
        name: 'demo',
        password,
        keys: [{ access: DEMO_ACCESS_KEY, secret: secretKey }],
        tokens: [password],
      },
    ],
  };
}

/** {@link demoAccount} with its default secrets. */
export const DEMO_ACCOUNT: Account = demoAccount();

/** Whether a reference means this; one that names nothing means nothing. */
export function isMeant(reference: Reference, { id, name }: { readonly id: string; readonly name: string }): boolean {
  if (reference.id === undefined && reference.name === undefined) return false;
  return (reference.id ?? id) === id && (reference.name ?? name) === name;
}

/** The user of a login. Names are unique within an account only, so a name needs its domain. */
export function findUser(accounts: readonly Account[], user: Reference, domain: Reference | null): Principal | null {
  for (const account of accounts) {
    if (domain === null ? user.id === undefined : !isMeant(domain, account)) continue;
    const found = account.users.find((candidate) => isMeant(user, candidate));
    if (found !== undefined) return { account, user: found };
  }
  return null;
}

/** The owner of an access key. */
export function findKey(
  accounts: readonly Account[],
  access: string,
): (Principal & { readonly key: AccessKey }) | null {
  for (const account of accounts)
    for (const user of account.users) {
      const key = user.keys?.find((candidate) => candidate.access === access);
      if (key !== undefined) return { account, user, key };
    }
  return null;
}

/** The owner of a token for clouds without an IAM. */
export function findToken(accounts: readonly Account[], token: string): Principal | null {
  for (const account of accounts)
    for (const user of account.users) if (user.tokens?.includes(token) === true) return { account, user };
  return null;
}

/** The projects that somebody may enter. */
export function projectsOf({ account, user }: Principal): readonly Project[] {
  const { projects } = user;
  return projects === undefined ? account.projects : account.projects.filter(({ id }) => projects.includes(id));
}

/** Any project of any account, by its id or a path. */
export function findProject(accounts: readonly Account[], name: string): Project | null {
  return accounts.flatMap(({ projects }) => projects).find((project) => isCalled(project, name)) ?? null;
}

/** Whether a project has this id, or this path. */
export function isCalled({ id, paths = [] }: Project, name: string): boolean {
  return id === name || paths.includes(name);
}
