import { X509Certificate, X509Certificates } from "@ers/frame/certificate/x509.ts";
import { BmpString, OctetString } from "asn1js";
import {
  Attribute,
  AuthenticatedSafe,
  CertBag,
  Certificate,
  CryptoEngine,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
  SafeBag,
  SafeContents,
  setEngine,
} from "pkijs";
import { derOf } from "./keys.ts";

const ITERATIONS = 600_000;
const FRIENDLY_NAME = "1.2.840.113549.1.9.20";
const LOCAL_KEY_ID = "1.2.840.113549.1.9.21";

/** Certificates without signers in one file: PKCS#7 (RFC 5652 section 5.1, certificates only). */
export function makePkcs7(pems: string[]): ArrayBuffer {
  return new X509Certificates(pems.map((pem) => new X509Certificate(pem))).export("raw");
}

/** The certificate is not for the key. */
export class WrongKey extends Error {}

/**
 * Key, certificate and chain in one file under a password: PKCS#12 (RFC 7292), encrypted with AES-256 under PBKDF2,
 * and a MAC over SHA-256. Everything happens in this browser.
 */
export async function makePkcs12(options: {
  keyPem: string;
  certificatePem: string;
  chainPem: string[];
  name: string;
  password: string;
}): Promise<ArrayBuffer> {
  setEngine("browser", new CryptoEngine({ name: "browser", crypto }));
  const pkcs8 = derOf("PRIVATE KEY", options.keyPem);
  const certificates = [options.certificatePem, ...options.chainPem].map((pem) => derOf("CERTIFICATE", pem));
  await checkKey(pkcs8, options.certificatePem);
  const attributes = [
    new Attribute({ type: FRIENDLY_NAME, values: [new BmpString({ value: options.name })] }),
    new Attribute({
      type: LOCAL_KEY_ID,
      values: [new OctetString({ valueHex: new Uint8Array([1]).buffer })],
    }),
  ];
  const password = new TextEncoder().encode(options.password).buffer as ArrayBuffer;
  const keyBag = new PKCS8ShroudedKeyBag({ parsedValue: PrivateKeyInfo.fromBER(pkcs8) });
  const encryption = {
    password,
    // the library makes the initialisation vector itself, though its types want one
    contentEncryptionAlgorithm: { name: "AES-CBC", length: 256 } as AesCbcParams & { length: number },
    hmacHashAlgorithm: "SHA-256",
    iterationCount: ITERATIONS,
  };
  await keyBag.makeInternalValues(encryption);
  const keys = [
    new SafeBag({ bagId: "1.2.840.113549.1.12.10.1.2", bagValue: keyBag, bagAttributes: attributes }),
  ];
  const bags = certificates.map((der, index) => {
    const bagValue = new CertBag({ parsedValue: Certificate.fromBER(der) });
    return new SafeBag({
      bagId: "1.2.840.113549.1.12.10.1.3",
      bagValue,
      ...(index === 0 ? { bagAttributes: attributes } : {}),
    });
  });
  const safe = new AuthenticatedSafe({
    parsedValue: {
      safeContents: [
        { privacyMode: 0, value: new SafeContents({ safeBags: keys }) },
        { privacyMode: 1, value: new SafeContents({ safeBags: bags }) },
      ],
    },
  });
  await safe.makeInternalValues({ safeContents: [{}, encryption] });
  const pfx = new PFX({ parsedValue: { integrityMode: 0, authenticatedSafe: safe } });
  await pfx.makeInternalValues({
    password,
    iterations: 100_000,
    pbkdf2HashAlgorithm: "SHA-256",
    hmacHashAlgorithm: "SHA-256",
  });
  return pfx.toSchema().toBER();
}

/** A key belongs to a certificate when what it signs verifies under the certificate. */
async function checkKey(pkcs8: ArrayBuffer, certificatePem: string) {
  const certificate = new X509Certificate(certificatePem);
  const algorithm = certificate.publicKey.algorithm as Algorithm & { name: string };
  const used = { ...algorithm, hash: "SHA-256" };
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, used, false, ["sign"]).catch(() => {
    throw new WrongKey();
  });
  const spki = certificate.publicKey.rawData;
  const publicKey = await crypto.subtle.importKey("spki", spki, used, false, ["verify"]);
  const probe = crypto.getRandomValues(new Uint8Array(32));
  const signature = await crypto.subtle.sign(used, key, probe);
  if (!(await crypto.subtle.verify(used, publicKey, signature, probe))) throw new WrongKey();
}
