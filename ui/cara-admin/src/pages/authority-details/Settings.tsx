import { Field, messages, ProblemAlert, useNotices } from "@ers/frame";
import {
  Button,
  Card,
  CardBody,
  Form,
  FormSelect,
  FormSelectOption,
  TextArea,
  TextInput,
} from "@patternfly/react-core";
import { type FormEvent, useState } from "react";
import type { Authority } from "../../generated/cara-ws.ts";
import { usePutSettings } from "../../queries/authorities.ts";
import { useMay } from "../../queries/session.ts";
import { useTerms } from "../../words/terms.ts";
import { type Draft, draftOf, KEYS, settingsOf } from "./settings.ts";

const useText = messages(
  {
    as_configured: "as configured",
    crl_delta_minutes: "Delta CRL every … minutes (0: none)",
    crl_interval_hours: "CRL every … hours",
    crl_keep_expired: "CRLs keep what has expired",
    crl_partitions: "CRL partitions (0: none)",
    crl_validity_hours: "CRL valid for … hours",
    extra_ca_issuer_urls: "Further places of its certificate",
    extra_crl_urls: "Further places of its CRL",
    extra_ocsp_urls: "Further OCSP responders",
    hint: "What this CA does otherwise than configured for all. Empty: as configured.",
    lines: "One on each line.",
    longest_validity: "Longest validity of what it issues",
    ocsp_answer_minutes: "OCSP answer valid for … minutes",
    ocsp_certificate_days: "OCSP signer valid for … days",
    ocsp_key_algorithm: "Key of its OCSP signers",
    profiles: "Profiles that it issues by (empty: all)",
    revocation_url: "Where revocation is told",
    save: "Save the settings",
    saved: "{name} runs with the new settings.",
  },
  {
    as_configured: "wie konfiguriert",
    crl_delta_minutes: "Delta-CRL alle … Minuten (0: keine)",
    crl_interval_hours: "CRL alle … Stunden",
    crl_keep_expired: "CRLs behalten Abgelaufenes",
    crl_partitions: "Teile der CRL (0: keine)",
    crl_validity_hours: "CRL gültig für … Stunden",
    extra_ca_issuer_urls: "Weitere Orte ihres Zertifikats",
    extra_crl_urls: "Weitere Orte ihrer CRL",
    extra_ocsp_urls: "Weitere OCSP-Responder",
    hint: "Was diese CA anders macht als für alle konfiguriert. Leer: wie konfiguriert.",
    lines: "Eine pro Zeile.",
    longest_validity: "Längste Gültigkeit dessen, was sie ausstellt",
    ocsp_answer_minutes: "OCSP-Antwort gültig für … Minuten",
    ocsp_certificate_days: "OCSP-Signierer gültig für … Tage",
    ocsp_key_algorithm: "Schlüssel ihrer OCSP-Signierer",
    profiles: "Profile, nach denen sie ausstellt (leer: alle)",
    revocation_url: "Wo über Sperrungen Auskunft gegeben wird",
    save: "Einstellungen speichern",
    saved: "{name} läuft mit den neuen Einstellungen.",
  },
);

/** What a CA does otherwise than configured for all. */
export function Settings({ authority }: { authority: Authority }) {
  const text = useText();
  const may = useMay();
  const tell = useNotices();
  const { name } = authority;
  const put = usePutSettings(name);
  const [draft, setDraft] = useState(() => draftOf(authority.settings as Record<string, unknown>));
  const save = (event: FormEvent) => {
    event.preventDefault();
    const wish = { settings: settingsOf(draft), version: authority.settings_version };
    put.mutate(wish, { onSuccess: () => tell(text("saved", { name })) });
  };
  return (
    <Card>
      <CardBody>
        <Form onSubmit={save} className="ers-narrow">
          <p className="ers-quiet">{text("hint")}</p>
          {put.error ? <ProblemAlert error={put.error} /> : null}
          {KEYS.map(({ key, kind }) => (
            <Field key={key} id={key} label={text(key)} hint={kind === "lines" ? text("lines") : undefined}>
              <Input id={key} kind={kind} draft={draft} onDraft={setDraft} />
            </Field>
          ))}
          {may("manage-authorities") && (
            <div>
              <Button type="submit" isLoading={put.isPending} isDisabled={put.isPending}>
                {text("save")}
              </Button>
            </div>
          )}
        </Form>
      </CardBody>
    </Card>
  );
}

function Input(props: {
  id: (typeof KEYS)[number]["key"];
  kind: (typeof KEYS)[number]["kind"];
  draft: Draft;
  onDraft: (draft: Draft) => void;
}) {
  const text = useText();
  const term = useTerms();
  const { id, kind, draft } = props;
  const value = draft[id];
  const change = (value: string) => props.onDraft({ ...draft, [id]: value });
  if (kind === "lines") {
    return <TextArea id={id} value={value} rows={2} autoResize onChange={(_, value) => change(value)} />;
  }
  if (kind === "flag") {
    return (
      <FormSelect id={id} value={value} onChange={(_, value) => change(value)}>
        <FormSelectOption value="" label={text("as_configured")} />
        <FormSelectOption value="true" label={term("yes")} />
        <FormSelectOption value="false" label={term("no")} />
      </FormSelect>
    );
  }
  return (
    <TextInput
      id={id}
      type={kind === "number" ? "number" : "text"}
      min={0}
      value={value}
      placeholder={text("as_configured")}
      onChange={(_, value) => change(value)}
    />
  );
}
