import { messages } from "@ers/frame";

export const useText = messages(
  {
    certificate: "With a client certificate",
    code: "Code of the second factor",
    code_hint: "Six digits, from your authenticator app.",
    hint: "Certificates: ask for them, find them, keep them fresh.",
    locked:
      "Too many attempts. Wait {n} second and try again.|Too many attempts. Wait {n} seconds and try again.",
    log_in: "Log in",
    nobodys: "The browser showed no client certificate that belongs to an account.",
    oidc: "With your organisation's login",
    or: "or",
    password: "Password",
    username: "Username",
    wrong: "Username or password is wrong.",
    wrong_code: "The code is wrong, or was used before.",
  },
  {
    certificate: "Mit einem Client-Zertifikat",
    code: "Code des zweiten Faktors",
    code_hint: "Sechs Ziffern, aus Ihrer Authenticator-App.",
    hint: "Zertifikate: anfordern, finden, frisch halten.",
    locked: "Zu viele Versuche. Warten Sie {n} Sekunde.|Zu viele Versuche. Warten Sie {n} Sekunden.",
    log_in: "Anmelden",
    nobodys: "Der Browser hat kein Client-Zertifikat gezeigt, das zu einem Konto gehört.",
    oidc: "Mit der Anmeldung Ihrer Organisation",
    or: "oder",
    password: "Passwort",
    username: "Benutzername",
    wrong: "Benutzername oder Passwort ist falsch.",
    wrong_code: "Der Code ist falsch oder wurde schon benutzt.",
  },
);
