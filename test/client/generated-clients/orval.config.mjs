const input = 'openapi.json';
// Left out, URLs begin at the page.
const baseUrl = {
  runtime: 'gateway.url',
  imports: [{ name: 'gateway', importPath: '../orval-base-url.js', values: true }],
};

export default {
  client: { input, output: { client: 'fetch', target: 'orval/client.ts', urlEncodeParameters: true, baseUrl } },
  validators: {
    input,
    output: { client: 'zod', target: 'orval/zod.ts', override: { zod: { generateEachHttpStatus: true } } },
  },
};
