import { expect } from '@jest/globals';
import { ConfigError, parseConfig } from '../load-config.js';

export const SECRET = 'hunter2-of-the-test';
export const ENVIRONMENT = {
  TOKEN: SECRET.repeat(2),
  PASSWORD: SECRET,
  SECRET_KEY: SECRET,
  REDIS_URL: `redis://:${SECRET}@127.0.0.1:6379`,
};
/** The least that a configuration needs. */
export const REGION = `
regions:
  - name: eu-de
    endpoint: https://{service}.eu-de.example.com
    credentials: { mode: passthrough }
`;
/** A configuration of one region with these members, a line each. */
export const withRegion = (members: string): string => `
regions:
  - name: eu-de
    ${members.trim().split('\n').join('\n    ')}
`;

/** What is wrong with a configuration, a line each; empty where it can be used. */
export function violationsOf(
  text: string,
  environment: Readonly<Record<string, string | undefined>> = ENVIRONMENT,
): readonly string[] {
  try {
    parseConfig(text, environment, 'gateway.yaml');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [first, ...lines] = error.message.split('\n');
    expect(first).toBe('The configuration cannot be used (gateway.yaml):');
    return lines.map((line) => line.replace(/^ {2}- /, ''));
  }
  return [];
}
