import { SwaggerModule } from '@nestjs/swagger';

/** Makes every handler throw; routes and documentation are the same. */
export function breakAll(controllers: readonly { readonly prototype: object }[]): () => void {
  const undo: (() => void)[] = [];
  const replace = (owner: object, name: string): void => {
    const original = Reflect.get(owner, name) as object;
    const failing = (): never => {
      throw new Error('a bug');
    };
    for (const key of Reflect.getMetadataKeys(original))
      Reflect.defineMetadata(key, Reflect.getMetadata(key, original), failing);
    Reflect.set(owner, name, failing);
    undo.push(() => Reflect.set(owner, name, original));
  };
  for (const { prototype } of controllers)
    for (const name of Object.getOwnPropertyNames(prototype)) if (name !== 'constructor') replace(prototype, name);
  replace(SwaggerModule, 'createDocument');
  return () => undo.forEach((step) => step());
}
