import { algorithmOf, namesIn, nameText } from "@ers/frame/certificate/decode.ts";
import {
  cryptoProvider,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from "@ers/frame/certificate/x509.ts";
import { type BrowserKeyAlgorithm, derOf, signingOf } from "./keys.ts";

cryptoProvider.set(crypto);

/** A certificate signing request, read. */
export type ReadCsr = {
  pem: string;
  subject: string;
  names: string[];
  key: string;
  /** Its signature is by the key in it. */
  proven: boolean;
};

const LABELS = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];

/** Reads a CSR (PKCS#10) in PEM; throws when it is none. */
export async function readCsr(text: string): Promise<ReadCsr> {
  const label = LABELS.find((label) => text.includes(`-----BEGIN ${label}-----`));
  if (!label) throw new Error("no CSR");
  const csr = new Pkcs10CertificateRequest(derOf(label, text));
  const asked = csr.extensions.find((one) => one.type === "2.5.29.17");
  return {
    pem: csr.toString("pem"),
    subject: nameText(csr.subjectName),
    names: asked ? namesIn(new SubjectAlternativeNameExtension(asked.rawData)) : [],
    key: algorithmOf(csr.publicKey),
    proven: await csr.verify().catch(() => false),
  };
}

/** A CSR in PEM for a key made here. Names go beside it, in the words of CLM: in it they only stand for the record. */
export async function makeCsr(
  keys: CryptoKeyPair,
  algorithm: BrowserKeyAlgorithm,
  subject: string,
): Promise<string> {
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: signingOf(algorithm) as EcdsaParams,
  });
  return csr.toString("pem");
}
