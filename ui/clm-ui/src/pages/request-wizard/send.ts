import { namesOf, titleOf } from "@ers/frame/certificate/names.ts";
import { useRef, useState } from "react";
import { type BrowserKeyAlgorithm, makeKey, privateKeyPem } from "../../crypto/keys.ts";
import type { Rules } from "../../policy/rules.ts";
import { type Outcome, useEnroll } from "../../queries/certificates.ts";
import { type Draft, subjectOf, wishOf } from "./draft.ts";

/** What became of it, and the key when it was made here; `waitsForKey`: the platform's comes with the certificate. */
export type Result = {
  title: string;
  outcome: Outcome;
  keyPem: string | undefined;
  waitsForKey: boolean;
};

type Made = { csr: string; keyPem: string; algorithm: BrowserKeyAlgorithm; subject: string };

/**
 * Makes the key when it is to be made here, and asks. Asked again after a failure it is the same request with the same
 * key, so that it cannot become two certificates; after a change it is a new one.
 */
export function useSend(onDone: (result: Result) => void) {
  const enroll = useEnroll();
  const id = useRef("");
  const made = useRef<Made>(undefined);
  const [busy, setBusy] = useState(false);
  const [broken, setBroken] = useState<unknown>();
  const send = async (draft: Draft, rules: Rules) => {
    setBusy(true);
    setBroken(undefined);
    try {
      const subject = subjectOf(draft, rules);
      const csr = await csrOf(draft, subject);
      id.current ||= `ui-${crypto.randomUUID()}`;
      const outcome = await enroll.mutateAsync(wishOf(draft, csr, subject, id.current));
      const keyPem = draft.source === "browser" ? made.current?.keyPem : undefined;
      const waitsForKey = draft.source === "platform" && "waiting" in outcome;
      onDone({ title: titleOf(subject, namesOf(draft.names)), outcome, keyPem, waitsForKey });
    } catch (error) {
      setBroken(error);
    }
    setBusy(false);
  };
  const csrOf = async (draft: Draft, subject: string) => {
    if (draft.source === "platform") return undefined;
    return draft.source === "csr" ? (draft.csr?.pem ?? "") : (await key(draft, subject)).csr;
  };
  const key = async ({ algorithm }: Draft, subject: string): Promise<Made> => {
    const before = made.current;
    if (before?.algorithm === algorithm && before.subject === subject) return before;
    const { makeCsr } = await import("../../crypto/csr.ts");
    const keys = await makeKey(algorithm);
    const csr = await makeCsr(keys, algorithm, subject);
    made.current = { csr, keyPem: await privateKeyPem(keys.privateKey), algorithm, subject };
    return made.current;
  };
  const forget = () => {
    id.current = "";
    setBroken(undefined);
  };
  return { send, busy, error: broken, forget };
}
