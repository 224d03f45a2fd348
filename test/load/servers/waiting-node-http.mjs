// Bare node:http: requests are held until the next change; what ends with `/events` is a stream.
import { createServer } from 'node:http';
import { hold, stream } from './audience.mjs';
import { ADDRESS, ready } from './serve.mjs';

const server = createServer((request, response) => {
  if (request.url.endsWith('/events')) stream(response);
  else hold(response);
});
server.listen(ADDRESS, () => ready(server.address().port));
