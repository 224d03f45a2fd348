import { pluginClient } from '@kubb/plugin-client';
import { pluginOas } from '@kubb/plugin-oas';
import { pluginTs } from '@kubb/plugin-ts';
import { pluginZod } from '@kubb/plugin-zod';

export default {
  root: '.',
  input: { path: 'openapi.json' },
  output: { path: 'kubb', extension: { '.ts': '.js' }, format: false, lint: false },
  plugins: [
    pluginOas({ generators: [] }),
    pluginTs(),
    pluginZod(),
    // Without `full` nothing tells a task from a problem.
    pluginClient({ client: 'fetch', dataReturnType: 'full' }),
  ],
};
