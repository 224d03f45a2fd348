import { ValidateBy } from 'class-validator';

/** A rule for a member of a section. @param message where a value does not pass; `$property` stands for the member */
export const rule = (name: string, passes: (value: unknown) => boolean, message: string): PropertyDecorator =>
  ValidateBy({ name, validator: { validate: passes, defaultMessage: () => message } });
