import { expect, test } from "vitest";
import { importedText } from "./imported.ts";

test("PEM and Base64 are sent as they are, DER as Base64", () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  const pem = "Bag Attributes: ü\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  expect(importedText(encode(pem))).toBe(pem);
  expect(importedText(encode("MIIB\nAA==\n"))).toBe("MIIB\nAA==\n");
  expect(importedText(new Uint8Array([0x30, 0x82, 0x01, 0xff]))).toBe("MIIB/w==");
});
