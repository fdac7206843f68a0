import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CertificatePolicyExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  type GeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  type PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from "./x509.ts";

/** A certificate in words: sections of names and values. */
export type Section = { title: string; rows: { name: string; values: string[]; critical?: boolean }[] };

const EXTENDED: Record<string, string> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
  "1.3.6.1.5.5.7.3.3": "codeSigning",
  "1.3.6.1.5.5.7.3.4": "emailProtection",
  "1.3.6.1.5.5.7.3.8": "timeStamping",
  "1.3.6.1.5.5.7.3.9": "OCSPSigning",
};
const EXTENSIONS: Record<string, string> = {
  "2.5.29.14": "Subject Key Identifier",
  "2.5.29.15": "Key Usage",
  "2.5.29.17": "Subject Alternative Name",
  "2.5.29.19": "Basic Constraints",
  "2.5.29.30": "Name Constraints",
  "2.5.29.31": "CRL Distribution Points",
  "2.5.29.32": "Certificate Policies",
  "2.5.29.35": "Authority Key Identifier",
  "2.5.29.37": "Extended Key Usage",
  "1.3.6.1.5.5.7.1.1": "Authority Information Access",
};

/** Reads a certificate in PEM. */
export function readCertificate(pem: string): X509Certificate {
  return new X509Certificate(pem);
}

/** The key algorithm in the words of policies. */
export function algorithmOf(key: PublicKey): string {
  const algorithm = key.algorithm as { name: string; namedCurve?: string; modulusLength?: number };
  if (algorithm.namedCurve && algorithm.name.startsWith("EC")) return algorithm.namedCurve;
  return algorithm.modulusLength ? `RSA-${algorithm.modulusLength}` : algorithm.name;
}

/** RFC 4514: the last part first. The library tells names in the order in which they are encoded. */
export function nameText(name: Name): string {
  return [...name.toJSON()]
    .reverse()
    .map((part) => new Name([part]).toString())
    .join(",");
}

/** The names of an extension in the words of CLM. */
export const namesIn = (extension: SubjectAlternativeNameExtension) =>
  extension.names.items.map((name) => `${name.type}:${name.value}`);

/** Everything that a certificate says. */
export function sectionsOf(pem: string): Section[] {
  const certificate = readCertificate(pem);
  const signature = certificate.signatureAlgorithm as { name: string; hash?: { name: string } };
  const row = (name: string, ...values: string[]) => ({ name, values });
  return [
    {
      title: "tbsCertificate",
      rows: [
        row("Serial Number", certificate.serialNumber.replace(/^0+(?=.)/, "")),
        row("Issuer", nameText(certificate.issuerName)),
        row("Subject", nameText(certificate.subjectName) || "–"),
        row("Not Before", certificate.notBefore.toISOString()),
        row("Not After", certificate.notAfter.toISOString()),
        row("Public Key", algorithmOf(certificate.publicKey)),
        row("Signature Algorithm", [signature.name, signature.hash?.name].filter(Boolean).join(", ")),
      ],
    },
    {
      title: "Extensions",
      rows: certificate.extensions.map((extension) => ({
        name: EXTENSIONS[extension.type] ?? extension.type,
        values: valuesOf(extension),
        critical: extension.critical,
      })),
    },
  ];
}

const told = (names: readonly GeneralName[]) => names.map((name) => `${name.type}:${name.value}`);

function valuesOf(extension: Extension): string[] {
  const raw = extension.rawData;
  switch (extension.type) {
    case "2.5.29.14":
      return [new SubjectKeyIdentifierExtension(raw).keyId];
    case "2.5.29.15":
      return usagesOf(new KeyUsagesExtension(raw).usages);
    case "2.5.29.17":
      return namesIn(new SubjectAlternativeNameExtension(raw));
    case "2.5.29.19": {
      const { ca, pathLength } = new BasicConstraintsExtension(raw);
      return [`cA: ${ca}`, ...(pathLength === undefined ? [] : [`pathLenConstraint: ${pathLength}`])];
    }
    case "2.5.29.31":
      return new CRLDistributionPointsExtension(raw).distributionPoints.flatMap((point) =>
        (point.distributionPoint?.fullName ?? []).map((name) => name.uniformResourceIdentifier ?? "–"),
      );
    case "2.5.29.32":
      return [...new CertificatePolicyExtension(raw).policies];
    case "2.5.29.35":
      return [new AuthorityKeyIdentifierExtension(raw).keyId ?? "–"];
    case "2.5.29.37":
      return new ExtendedKeyUsageExtension(raw).usages.map(
        (usage) => EXTENDED[String(usage)] ?? String(usage),
      );
    case "1.3.6.1.5.5.7.1.1": {
      const access = new AuthorityInfoAccessExtension(raw);
      return [
        ...told(access.ocsp).map((name) => `OCSP ${name}`),
        ...told(access.caIssuers).map((name) => `CA Issuers ${name}`),
      ];
    }
    default:
      return [hex(extension.value)];
  }
}

function usagesOf(usages: KeyUsageFlags): string[] {
  return Object.entries(KeyUsageFlags)
    .filter(([, flag]) => typeof flag === "number" && (usages & flag) !== 0)
    .map(([name]) => name);
}

const hex = (bytes: ArrayBuffer) =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
