import type { Credentials } from './credentials.js';
import { signRequest } from './sign-request.js';
import type { AccessKey } from './sign-request.js';

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
