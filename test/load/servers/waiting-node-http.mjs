// Bare node:http: requests are held until the next change; what ends with `/events` is a stream, and `/stored` is answered at once.
import { createServer } from 'node:http';
import { JSON_HEAD, hold, stream } from './audience.mjs';
import { ADDRESS, payload, ready } from './serve.mjs';

const server = createServer((request, response) => {
  if (request.url.endsWith('/events')) stream(response);
  else if (request.url === '/stored') response.writeHead(200, JSON_HEAD).end(payload);
  else hold(response);
});
server.listen(ADDRESS, () => ready(server.address().port));
