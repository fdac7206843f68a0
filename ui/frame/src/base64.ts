/** The bytes of a text in base64. */
export const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
