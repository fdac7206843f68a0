/** Keys that browsers make. */
export const KEY_ALGORITHMS = [
  "P-256",
  "P-384",
  "P-521",
  "RSA-2048",
  "RSA-3072",
  "RSA-4096",
  "Ed25519",
] as const;

/** One of them, in the words of policies. */
export type BrowserKeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

type Algorithms = { make: RsaHashedKeyGenParams | EcKeyGenParams | Algorithm; sign: object };

function algorithms(name: BrowserKeyAlgorithm): Algorithms {
  if (name === "Ed25519") return { make: { name }, sign: { name } };
  if (name.startsWith("RSA-")) {
    const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    const bits = Number(name.slice(4));
    return {
      make: { ...rsa, modulusLength: bits, publicExponent: new Uint8Array([1, 0, 1]) },
      sign: rsa,
    };
  }
  const hash = { "P-256": "SHA-256", "P-384": "SHA-384", "P-521": "SHA-512" }[name as "P-256"];
  return { make: { name: "ECDSA", namedCurve: name }, sign: { name: "ECDSA", hash } };
}

/** What to sign with a key of this algorithm. */
export const signingOf = (name: BrowserKeyAlgorithm) => algorithms(name).sign;

/** Makes a key pair in the browser. It can be exported: the person who asked must be able to keep it. */
export async function makeKey(name: BrowserKeyAlgorithm): Promise<CryptoKeyPair> {
  const made = await crypto.subtle.generateKey(algorithms(name).make, true, ["sign", "verify"]);
  return made as CryptoKeyPair;
}

/** The private key, PKCS#8 in PEM. */
export async function privateKeyPem(key: CryptoKey): Promise<string> {
  return pemOf("PRIVATE KEY", await crypto.subtle.exportKey("pkcs8", key));
}

/** PEM with lines of 64 characters (RFC 7468). */
export function pemOf(label: string, der: ArrayBuffer): string {
  const bytes = new Uint8Array(der);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  const lines = btoa(binary).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** The bytes of the first block of that label; throws when there is none. */
export function derOf(label: string, pem: string): ArrayBuffer {
  const block = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`).exec(pem);
  if (!block?.[1]) throw new Error(`no ${label}`);
  const binary = atob(block[1].replace(/\s+/g, ""));
  return Uint8Array.from(binary, (sign) => sign.charCodeAt(0)).buffer;
}
