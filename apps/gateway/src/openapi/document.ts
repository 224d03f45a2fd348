import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { SCHEMAS } from './schemas.js';

/** The OpenAPI 3.1 document of the running routes. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Task gateway')
    .setDescription('One answer to "is my job done?" for many clouds.')
    .setVersion('1.0.0')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .setOpenAPIVersion('3.1.0')
    .addServer('/')
    .addTag('tasks', 'Tasks of every provider, in one form')
    .addTag('catalog', 'What the gateway serves and refuses')
    .addTag('health', 'For whoever runs the gateway')
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'X-Auth-Token',
        description: "For regions that are asked with the caller's own token",
      },
      'cloudToken',
    )
    .build();
  const document = SwaggerModule.createDocument(app, builder);
  // Nest types schemas as 3.0; these are 3.1, where null is a type.
  const schemas = SCHEMAS as NonNullable<OpenAPIObject['components']>['schemas'];
  return {
    ...document,
    security: [{}, { cloudToken: [] }],
    components: { ...document.components, schemas: { ...schemas } },
  };
}
