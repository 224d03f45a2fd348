import { findUser, isMeant, projectsOf } from '../accounts.js';
import type { Principal } from '../accounts.js';
import { notPublished } from '../front.js';
import { headerOf } from '../http/call.js';
import type { Call } from '../http/call.js';
import { json } from '../http/reply.js';
import type { Reply } from '../http/reply.js';
import type { World } from '../world.js';
import { MalformedLogin, readLogin } from './login.js';
import type { Login } from './login.js';
import { tokenBody } from './token-body.js';
import type { Token, TokenScope } from './tokens.js';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
};

/** Answers what is asked below `/iam`: logging in, and checking a token. */
export function answerIam(world: World, call: Call): Reply {
  if (call.segments?.slice(1).join('/') !== 'v3/auth/tokens') return notPublished(call.id);
  switch (call.method) {
    case 'POST':
      return logIn(world, call);
    case 'GET':
    case 'HEAD':
      return checkToken(world, call);
    default:
      return notPublished(call.id);
  }
}

function logIn(world: World, call: Call): Reply {
  let login: Login;
  try {
    login = readLogin(call.body);
  } catch (error) {
    if (error instanceof MalformedLogin) return keystoneError(400, error.message);
    throw error;
  }
  const principal = findUser(world.accounts, login.user, login.domain);
  if (principal === null || principal.user.password !== login.password)
    return keystoneError(401, 'The username or password is wrong.');
  const scope = scopeOf(principal, login);
  if (scope === null) return keystoneError(403, 'You are not authorized to perform the requested action.');
  return tokenReply(world, call, 201, world.tokens.issue(principal, scope));
}

/** Null for a project or domain that is not open to the user. */
function scopeOf(principal: Principal, { scope }: Login): TokenScope | null {
  const { project, domain } = scope;
  if (project !== null) {
    const foreign = project.domain !== null && !isMeant(project.domain, principal.account);
    const found = foreign ? undefined : projectsOf(principal).find((candidate) => isMeant(project, candidate));
    return found === undefined ? null : { kind: 'project', id: found.id };
  }
  if (domain === null) return { kind: 'none' };
  return isMeant(domain, principal.account) ? { kind: 'domain' } : null;
}

function checkToken(world: World, call: Call): Reply {
  const asking = world.tokens.find(headerOf(call, 'x-auth-token') ?? '');
  if (typeof asking === 'string') return keystoneError(401, 'The request you have made requires authentication.');
  const subject = headerOf(call, 'x-subject-token');
  if (subject === null) return keystoneError(400, 'Expecting to find X-Subject-Token in headers.');
  const token = world.tokens.find(subject);
  if (typeof token === 'string') return keystoneError(404, 'Could not find token.');
  if (token.principal.user.id !== asking.principal.user.id)
    return keystoneError(403, 'You are not authorized to perform the requested action.');
  return tokenReply(world, call, 200, token);
}

function tokenReply(world: World, call: Call, status: number, token: Token): Reply {
  const withCatalog = !/(?:^|&)nocatalog(?:=|&|$)/.test(call.query);
  const body = tokenBody(world, token, withCatalog ? (headerOf(call, 'host') ?? '') : null);
  return json(status, body, { 'X-Subject-Token': token.value });
}

/** The error body of IAM; its code is a number. */
export function keystoneError(status: number, message: string, title = TITLES[status] ?? 'Error'): Reply {
  return json(status, { error: { message, code: status, title } });
}
