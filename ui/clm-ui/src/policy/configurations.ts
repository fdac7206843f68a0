/** What is copied into a client, and for which client it is. */
export type Configuration = { client: string; text: string };
/** A protocol, where it is spoken for a policy, and how clients are told so. */
export type Way = {
  protocol: string;
  url: string;
  configurations: Configuration[];
};

/** How clients are told to get certificates under a policy. `origin` is that of the page: `https://pki.example.com`. */
export function waysOf(policy: string, protocols: string[], origin: string): Way[] {
  const make: Record<string, (policy: string, origin: string) => Way> = { acme, est, cmp, scep, rest };
  return protocols.flatMap((protocol) => make[protocol]?.(policy, origin) ?? []);
}

const lines = (...all: string[]) => all.join("\n");

function acme(policy: string, origin: string): Way {
  const url = `${origin}/acme/${policy}/directory`;
  return {
    protocol: "ACME",
    url,
    configurations: [
      {
        client: "certbot",
        text: lines(
          "export REQUESTS_CA_BUNDLE=root.pem",
          `certbot certonly --server ${url} \\`,
          "  --standalone -d www.example.com --agree-tos -m you@example.com",
        ),
      },
      {
        client: "lego",
        text: lines(
          "export LEGO_CA_CERTIFICATES=root.pem",
          `lego --server ${url} --accept-tos --email you@example.com \\`,
          "  --domains www.example.com --http run",
        ),
      },
      {
        client: "Caddy",
        text: lines("{", `  acme_ca ${url}`, "  acme_ca_root /etc/ers/root.pem", "}"),
      },
      {
        client: "Traefik",
        text: lines(
          "certificatesResolvers:",
          "  ers:",
          "    acme:",
          `      caServer: ${url}`,
          "      caCertificates: [/etc/ers/root.pem]",
          "      email: you@example.com",
          "      storage: /var/lib/traefik/acme.json",
          "      tlsChallenge: {}",
        ),
      },
      {
        client: "cert-manager",
        text: lines(
          "apiVersion: cert-manager.io/v1",
          "kind: ClusterIssuer",
          "metadata: {name: ers}",
          "spec:",
          "  acme:",
          `    server: ${url}`,
          "    caBundle: BASE64 OF root.pem",
          "    email: you@example.com",
          "    privateKeySecretRef: {name: ers-account}",
          "    solvers: [{http01: {ingress: {ingressClassName: nginx}}}]",
        ),
      },
    ],
  };
}

function est(policy: string, origin: string): Way {
  const url = `${origin}/est/${policy}`;
  return {
    protocol: "EST",
    url,
    configurations: [
      {
        client: "curl, openssl",
        text: lines(
          "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -outform DER \\",
          "  -out csr.der -subj /CN=router-7 -addext subjectAltName=DNS:router-7.example.com",
          "openssl base64 -in csr.der | curl --cacert root.pem -u router-7 \\",
          `  -H 'Content-Type: application/pkcs10' --data-binary @- ${url}/simpleenroll |`,
          "  openssl base64 -d -A | openssl pkcs7 -inform DER -print_certs -out cert.pem",
        ),
      },
      {
        client: "strongSwan",
        text: lines(
          `pki --estca --url ${url} --cacert root.pem --caout ca --outform pem`,
          "pki --gen --type ecdsa --size 256 --outform pem > key.pem",
          "pki --req --in key.pem --type ecdsa --dn CN=router-7 --san router-7.example.com > req.der",
          `pki --est --url ${url} --cacert root.pem --cacert ca.pem \\`,
          "  --userpass router-7:PASSWORD --in req.der --outform pem > cert.pem",
        ),
      },
    ],
  };
}

function cmp(policy: string, origin: string): Way {
  const { host } = new URL(origin);
  const server = host.includes(":") ? host : `${host}:443`;
  const to = `-server ${server} -path cmp/${policy} -tls_used -tls_trusted root.pem \\`;
  return {
    protocol: "CMP",
    url: `${origin}/.well-known/cmp/p/${policy}`,
    configurations: [
      {
        client: "openssl: ir",
        text: lines(
          "openssl ecparam -name prime256v1 -genkey -noout -out key.pem",
          `openssl cmp -cmd ir ${to}`,
          '  -recipient "/CN=CMP server" -ref station-7 -secret pass:SECRET \\',
          "  -newkey key.pem -subject /CN=station-7 -certout cert.pem -chainout chain.pem",
        ),
      },
      {
        client: "openssl: kur",
        text: lines(
          `openssl cmp -cmd kur ${to}`,
          '  -recipient "/CN=CMP server" -cert cert.pem -key key.pem -trusted root.pem \\',
          "  -newkey next.pem -certout next-cert.pem",
        ),
      },
    ],
  };
}

function scep(policy: string, origin: string): Way {
  const url = `${origin}/scep/${policy}`;
  return {
    protocol: "SCEP",
    url,
    configurations: [
      {
        client: "certmonger",
        text: lines(
          `getcert add-scep-ca -c ers -u ${url} -R /etc/pki/ers-root.pem`,
          "getcert request -c ers -k /etc/pki/host.key -f /etc/pki/host.crt -g 2048 \\",
          "  -N CN=$(hostname -f) -D $(hostname -f) -L CHALLENGE",
        ),
      },
      {
        client: "Cisco IOS",
        text: lines(
          "crypto key generate rsa modulus 2048 label ERS",
          "crypto pki trustpoint ERS",
          ` enrollment url ${url}`,
          " subject-name CN=router.example.com",
          " rsakeypair ERS",
          " hash sha256",
          " auto-enroll 70 regenerate",
          "crypto pki authenticate ERS",
          "crypto pki enroll ERS",
        ),
      },
      {
        client: "Junos",
        text: lines(
          `set security pki ca-profile ERS ca-identity ERS enrollment url ${url}`,
          "set security pki ca-profile ERS enrollment retry 5 retry-interval 60",
        ),
      },
    ],
  };
}

function rest(policy: string, origin: string): Way {
  const url = `${origin}/clm-api/v1/certificates`;
  return {
    protocol: "REST",
    url,
    configurations: [
      {
        client: "curl, jq",
        text: lines(
          `curl --cacert root.pem -c session --json '{"username": "NAME", "password": "PASSWORD"}' \\`,
          `  ${origin}/clm-api/v1/session`,
          `jq -n --rawfile csr request.csr '{csr: $csr, policy: "${policy}"}' |`,
          `  curl --cacert root.pem -b session --json @- ${url} | jq -r .certificate_pem > cert.pem`,
        ),
      },
    ],
  };
}
