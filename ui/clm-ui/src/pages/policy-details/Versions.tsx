import { Field, FormDialog, List, PemText, Time, useNotices, useUrlState } from "@ers/frame";
import {
  Alert,
  Button,
  Card,
  CardBody,
  CardTitle,
  FormSelect,
  FormSelectOption,
  Label,
} from "@patternfly/react-core";
import { useState } from "react";
import type { PolicyVersion } from "../../generated/clm-api.ts";
import { useApplyPolicy, usePolicyVersions } from "../../queries/policies.ts";
import { Difference } from "./Difference.tsx";
import { useVersionText } from "./version-words.ts";

/** What a policy said, and what changed between any two of its versions; which two stands in the URL. */
export function Versions({ name, manages }: { name: string; manages: boolean }) {
  const text = useVersionText();
  const query = usePolicyVersions(name);
  const { get, set } = useUrlState();
  const versions = query.data ?? [];
  const newest = versions[0]?.version ?? 1;
  const chosen = versions.find(({ version }) => version === Number(get("version"))) ?? versions[0];
  const show = (version: number) => set({ version: String(version), with: "" }, true);
  return (
    <div className="ers-stack">
      <List
        label={text("versions")}
        query={query}
        rows={versions}
        keyOf={(row) => row.version}
        empty={{ title: text("none") }}
        columns={[
          {
            title: text("versions"),
            cell: ({ version }) => (
              <>
                {text("of", { version })}{" "}
                {version === newest && (
                  <Label isCompact status="success">
                    {text("in_force")}
                  </Label>
                )}
              </>
            ),
          },
          { title: text("since"), cell: (row) => <Time at={row.created_at} /> },
          { title: text("by"), breaks: true, cell: (row) => <span translate="no">{row.created_by}</span> },
          {
            title: text("what"),
            silent: true,
            cell: ({ version }) => (
              <Button
                variant="link"
                isInline
                aria-label={text("what_of", { version })}
                onClick={() => show(version)}
              >
                {text("what")}
              </Button>
            ),
          },
        ]}
      />
      {chosen && <Chosen key={chosen.version} name={name} manages={manages} {...{ versions, chosen }} />}
    </div>
  );
}

function Chosen(props: { name: string; manages: boolean; versions: PolicyVersion[]; chosen: PolicyVersion }) {
  const text = useVersionText();
  const { get, set } = useUrlState();
  const [asked, setAsked] = useState(false);
  const { versions, chosen } = props;
  const wanted = Number(get("with")) || chosen.version - 1;
  const other = versions.find(({ version }) => version === wanted);
  const others = versions.filter(({ version }) => version !== chosen.version);
  return (
    <Card>
      <CardTitle component="h2">{text("what_of", { version: chosen.version })}</CardTitle>
      <CardBody className="ers-stack">
        {others.length > 0 && (
          <Field id="with" label={text("compare")}>
            <FormSelect
              id="with"
              className="ers-narrow"
              value={other?.version ?? ""}
              onChange={(_, value) => set({ with: value }, true)}
            >
              {!other && <FormSelectOption value="" label="–" />}
              {others.map(({ version }) => (
                <FormSelectOption key={version} value={version} label={text("of", { version })} />
              ))}
            </FormSelect>
          </Field>
        )}
        {other ? (
          <Difference before={other.definition} after={chosen.definition} />
        ) : (
          <>
            <Alert isInline isPlain variant="info" title={text("first")} />
            <h3 className="ers-legend">{text("whole")}</h3>
            <PemText pem={chosen.definition} />
          </>
        )}
        {props.manages && chosen !== versions[0] && (
          <div>
            <Button variant="secondary" onClick={() => setAsked(true)}>
              {text("again")}
            </Button>
          </div>
        )}
      </CardBody>
      {asked && <Again name={props.name} version={chosen} onClose={() => setAsked(false)} />}
    </Card>
  );
}

function Again(props: { name: string; version: PolicyVersion; onClose: () => void }) {
  const text = useVersionText();
  const { set } = useUrlState();
  const tell = useNotices();
  const apply = useApplyPolicy();
  const { version, definition } = props.version;
  const done = () => {
    tell(`${props.name}: ${text("in_force")}`);
    set({ version: "", with: "" }, true);
    props.onClose();
  };
  return (
    <FormDialog
      title={text("again_title", { version, name: props.name })}
      hint={text("again_hint")}
      action={text("again_act")}
      ready
      busy={apply.isPending}
      error={apply.error}
      onSubmit={() => apply.mutate({ name: props.name, definition }, { onSuccess: done })}
      onClose={props.onClose}
    >
      <PemText pem={definition} />
    </FormDialog>
  );
}
