import { expect, test } from "vitest";
import { makeCsr, readCsr } from "./csr.ts";
import { KEY_ALGORITHMS, makeKey, privateKeyPem } from "./keys.ts";

test.each(KEY_ALGORITHMS.filter((name) => name !== "RSA-4096"))(
  "a CSR for a key of kind %s reads back, signed by its key",
  async (algorithm) => {
    const keys = await makeKey(algorithm);
    const read = await readCsr(await makeCsr(keys, algorithm, "CN=www.example.com,O=Example\\, Inc."));
    expect(read.proven).toBe(true);
    expect(read.key).toBe(algorithm);
    expect(read.subject).toBe("O=Example\\, Inc.,CN=www.example.com");
    expect(await privateKeyPem(keys.privateKey)).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  },
  20_000,
);

test("a CSR whose signature is by another key is read and not believed", async () => {
  const made = await makeCsr(await makeKey("P-256"), "P-256", "CN=a");
  const other = await makeKey("P-256");
  const mixed = { publicKey: other.publicKey, privateKey: (await makeKey("P-256")).privateKey };
  expect((await readCsr(made)).proven).toBe(true);
  expect((await readCsr(await makeCsr(mixed, "P-256", "CN=a"))).proven).toBe(false);
});

test("what is no CSR is none", async () => {
  await expect(readCsr("hello")).rejects.toThrow();
  await expect(
    readCsr("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"),
  ).rejects.toThrow();
});
