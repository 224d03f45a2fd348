import { ValidateBy } from 'class-validator';

/** An http(s) base URL without credentials, query or fragment, where `{service}` may stand for a host label. */
export const IsEndpoint = (): PropertyDecorator =>
  ValidateBy({
    name: 'isEndpoint',
    validator: {
      validate: isEndpoint,
      defaultMessage: () => '$property must be an http(s) URL, with {service} for the host label of each service',
    },
  });

function isEndpoint(value: unknown): boolean {
  if (typeof value !== 'string' || /\s/.test(value)) return false;
  const filled = value.replaceAll('{service}', 'service');
  if (/[{}?#]/.test(filled) || !URL.canParse(filled)) return false;
  const { protocol, username, password } = new URL(filled);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}
