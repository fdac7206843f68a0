/** Of a file of certificates what is sent: text as it is, octets (DER) as Base64. */
export function importedText(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-8", { fatal: false }).decode(bytes);
  if (text.includes("-----BEGIN ") || /^[\sA-Za-z0-9+/=]+$/.test(text)) return text;
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
