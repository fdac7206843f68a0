/** Keys that CAs can have; which of them its token makes is for the token to say. */
export const KEY_ALGORITHMS = [
  "P-256",
  "P-384",
  "P-521",
  "RSA-3072",
  "RSA-4096",
  "Ed25519",
  "Ed448",
  "brainpoolP256r1",
  "brainpoolP384r1",
  "brainpoolP512r1",
];
