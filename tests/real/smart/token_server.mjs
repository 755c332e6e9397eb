// A token server (oidc-provider) with a guarded FHIR base beside it, on one loopback port.
//   node token_server.mjs CLIENT.json      prints "ready http://127.0.0.1:PORT"
// CLIENT.json: { "jwks": {...} or "jwks_from": address (fetched once), "scopes": [...], "ttl": seconds }
//   /fhir/...             200 with a resource for a live token, else 401
//   /told                 what was granted and refused, with the reason that the client is not told
//   POST /forget          every token that was given out ends now
//   POST /rotate          signs with a new key from now on, and publishes that one only; the address has /jwks
// With "audiences" a token that is asked for with a `resource` is a JWT for that audience, with an email as Google's have one.
import { readFileSync } from 'node:fs';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import http from 'node:http';
import Provider, { errors } from 'oidc-provider';

const client = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { scopes, ttl = 300, audiences = [] } = client;
const jwks = client.jwks ?? await (await fetch(client.jwks_from)).json();
const FIVE_MINUTES = 300;
const told = [];
const given = [];
const server = http.createServer();
const signingKey = () => ({
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
  kid: randomUUID(), alg: 'RS256', use: 'sig',
});
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provided = () => new Provider(issuer, {
    jwks: { keys: [signingKey()] },
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
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: audiences.length > 0,
        defaultResource: () => [],
        getResourceServerInfo: (context, resource) => ({
          scope: scopes.join(' '), audience: resource, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    extraTokenClaims: () => ({ email: 'push@project.iam.gserviceaccount.example', email_verified: true }),
    scopes,
    ttl: { ClientCredentials: ttl },
    async assertJwtClientAuthClaimsAndHeader(context, claims) {
      if (claims.exp > Date.now() / 1000 + FIVE_MINUTES + 1) throw new errors.InvalidClientAuth('exp is too far away');
    },
  });
  const begun = () => {
    const begin = provided();
    begin.on('grant.error', (context, error) => told.push({ refused: error.error_detail ?? error.error_description ?? error.error }));
    begin.on('grant.success', (context) => told.push({ granted: context.oidc.params.scope }));
    begin.on('client_credentials.saved', (token) => given.push(token));
    return begin;
  };
  let provider = begun();

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
  routes['/rotate'] = (request, response) => { provider = begun(); say(response, 200, {}); };
  server.on('request', (request, response) => {
    const route = routes[request.url] ?? (request.url.startsWith('/fhir/') ? guarded : provider.callback());
    return route(request, response);
  });
  console.log(`ready ${issuer}`);
});
