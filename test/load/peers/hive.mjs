// GraphQL Hive gateway over the upstream's REST interface; with the argument `cache`, its response cache in Redis.
// It answers with the upstream's own members: nothing is normalized.
import { createServer } from 'node:http';
import RedisCache from '@graphql-mesh/cache-redis';
import rest from '@graphql-mesh/transport-rest';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { ADDRESS, ready, upstreamUrl } from '../servers/serve.mjs';

const { origin } = new URL(process.env.UPSTREAM);
const path = new URL(upstreamUrl('ID')).pathname.replace('ID', '{args.id}');
const QUIET = { debug() {}, error() {}, warn() {}, info() {}, child: () => QUIET };
const MEMBERS = 'id name user_name user_id params status created_at updated_at';

const supergraph = /* GraphQL */ `
  schema
    @link(url: "https://specs.apollo.dev/link/v1.0")
    @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
    @link(url: "https://the-guild.dev/graphql/mesh/spec/v1.0", import: ["@httpOperation", "@extraSchemaDefinitionDirective"]) {
    query: Query
  }
  directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
  directive @join__graph(name: String!, url: String!) on ENUM_VALUE
  directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
  directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
  directive @httpOperation(subgraph: String, path: String, operationSpecificHeaders: [[String]], httpMethod: HTTPMethod, isBinary: Boolean, requestBaseBody: TransportOptions, queryParamArgMap: TransportOptions, queryStringOptionsByParam: TransportOptions, jsonApiFields: Boolean, queryStringOptions: TransportOptions) repeatable on FIELD_DEFINITION
  directive @extraSchemaDefinitionDirective(directives: _DirectiveExtensions) repeatable on OBJECT
  scalar join__FieldSet
  scalar link__Import
  scalar TransportOptions
  scalar _DirectiveExtensions
  enum link__Purpose { SECURITY EXECUTION }
  enum HTTPMethod { GET POST }
  enum join__Graph { DMS @join__graph(name: "DMS", url: "${origin}") }
  type Query
    @extraSchemaDefinitionDirective(directives: { transport: [{ subgraph: "DMS", kind: "rest", location: "${origin}" }] })
    @join__type(graph: DMS) {
    list(id: String!): List @httpOperation(subgraph: "DMS", path: "${path}", httpMethod: GET)
  }
  type List @join__type(graph: DMS) { task_count: String tasks: [Task] }
  type Task @join__type(graph: DMS) { ${MEMBERS.replaceAll(/(\w+)/g, '$1: String')} }
`;

const gateway = createGatewayRuntime({
  supergraph,
  transports: { rest: { default: rest } },
  logging: false,
  ...(process.argv[2] === 'cache'
    ? {
        cache: new RedisCache({ url: process.env.REDIS, logger: QUIET }),
        responseCaching: { session: () => null, ttl: 3_600_000 },
      }
    : {}),
});
const server = createServer((request, reply) => void gateway(request, reply));
server.listen(ADDRESS, () => ready(server.address().port));
