// A token server (oidc-provider) with a guarded FHIR base beside it, on one loopback port.
//   node token_server.mjs CLIENT.json      prints "ready http://127.0.0.1:PORT"
// CLIENT.json: { "jwks": {...} or "jwks_from": address (fetched once), "scopes": [...], "ttl": seconds }
//   /fhir/...             200 with a resource for a live token, else 401
//   /told                 what was granted and refused, with the reason that the client is not told
//   POST /forget          every token that was given out ends now
import { readFileSync } from 'node:fs';
import http from 'node:http';
import Provider, { errors } from 'oidc-provider';

const client = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { scopes, ttl = 300 } = client;
const jwks = client.jwks ?? await (await fetch(client.jwks_from)).json();
const FIVE_MINUTES = 300;
const told = [];
const given = [];
const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'adapter',
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      scope: scopes.join(' '),
      jwks,
    }],
    clientAuthMethods: ['private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['RS384', 'ES384'] },
    features: { clientCredentials: { enabled: true } },
    scopes,
    ttl: { ClientCredentials: ttl },
    async assertJwtClientAuthClaimsAndHeader(context, claims) {
      if (claims.exp > Date.now() / 1000 + FIVE_MINUTES + 1) throw new errors.InvalidClientAuth('exp is too far away');
    },
  });
  provider.on('grant.error', (context, error) => told.push({ refused: error.error_detail ?? error.error_description ?? error.error }));
  provider.on('grant.success', (context) => told.push({ granted: context.oidc.params.scope }));
  provider.on('client_credentials.saved', (token) => given.push(token));

  const say = (response, status, body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

  const guarded = async (request, response) => {
    const token = await provider.ClientCredentials.find((request.headers.authorization ?? '').replace('Bearer ', ''));
    if (!token || token.isExpired) return say(response, 401, {});
    return say(response, 200, { resourceType: 'Encounter', id: 'e1', scope: token.scope });
  };

  const routes = {
    '/fhir/.well-known/smart-configuration': (request, response) => say(response, 200, {
      token_endpoint: `${issuer}/token`,
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
      capabilities: ['client-confidential-asymmetric', 'permission-v2'],
    }),
    '/told': (request, response) => say(response, 200, told),
    '/forget': async (request, response) => {
      await Promise.all(given.splice(0).map((token) => token.destroy()));
      say(response, 200, {});
    },
  };
  const answer = provider.callback();
  server.on('request', (request, response) => {
    const route = routes[request.url] ?? (request.url.startsWith('/fhir/') ? guarded : answer);
    return route(request, response);
  });
  console.log(`ready ${issuer}`);
});
