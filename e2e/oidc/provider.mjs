// An OpenID provider for the stories: the certified library `oidc-provider`, with its own pages for logging in, where any
// password will do. Arguments: port, client id, client secret, redirect URI, where to go after logging out.
import { createRequire } from 'node:module';

const { default: Provider } = await import(createRequire(`${process.env.OIDC_PROVIDER}/`).resolve('oidc-provider'));
const [port, clientId, clientSecret, redirectUri, afterLogout] = process.argv.slice(2);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [afterLogout],
      grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
    },
  ],
  pkce: { required: () => true },
  // The library tells these at the userinfo endpoint only, as the standard has it when there is an access token.
  claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, groups: id === 'alice' ? ['pki-approvers', 'everybody'] : ['everybody'] }),
  }),
  features: { devInteractions: { enabled: true }, deviceFlow: { enabled: true } },
});
provider.listen(Number(port), '127.0.0.1');
