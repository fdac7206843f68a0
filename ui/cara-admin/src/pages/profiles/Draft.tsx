import { CodeLines, Problem, ProblemAlert, useNotices } from "@ers/frame";
import { Alert, Button, Card, CardBody, CardTitle, Grid, GridItem } from "@patternfly/react-core";
import { useMemo, useState } from "react";
import { useNavigate } from "react-router";
import type { Profile } from "../../generated/cara-ws.ts";
import { usePutProfile } from "../../queries/profiles.ts";
import { useMay } from "../../queries/session.ts";
import { readDefinition } from "./definition.ts";
import { Example } from "./Example.tsx";
import { useText } from "./words.ts";

const FRESH = {
  name: "my-profile",
  description: "",
  key_algorithms: ["P-256", "P-384", "RSA-3072"],
  key_usage: ["digitalSignature"],
  extended_key_usage: ["serverAuth"],
  subject: { allowed: ["CN"], common_name_from_names: true },
  names: { allowed: ["dns"], required: true },
  validity: { default: "90d", longest: "1y" },
};

/** The text of a profile, beside an example of what it makes. */
export function Draft({ profile }: { profile: Profile | undefined }) {
  const text = useText();
  const may = useMay();
  const tell = useNotices();
  const go = useNavigate();
  const put = usePutProfile();
  const start = JSON.stringify(profile?.definition ?? FRESH, undefined, 2);
  const [draft, setDraft] = useState(start);
  const read = useMemo(() => readDefinition(draft), [draft]);
  const fault = "line" in read ? read : undefined;
  const definition = "definition" in read ? read.definition : undefined;
  // one that comes with the platform may be looked at, and is the beginning of another one
  const fixed = profile?.version === 0 && definition?.name === profile.name;
  const name = String(definition?.name ?? "");
  const change = (value: string) => {
    setDraft(value);
    put.reset();
  };
  const save = () => {
    if (!definition) return;
    const version = name === profile?.name ? profile.version : 0;
    const done = () => {
      tell(text("is_put", { name }));
      go(`/profiles/${name}`);
    };
    put.mutate({ name, definition, version }, { onSuccess: done });
  };
  const refused = put.error instanceof Problem ? put.error : undefined;
  return (
    <Grid hasGutter xl={6}>
      <GridItem>
        <Card>
          <CardTitle component="h2">{text("definition")}</CardTitle>
          <CardBody className="ers-stack">
            <CodeLines
              value={draft}
              wrongLine={fault?.line}
              wrongId="profile-fault"
              label={text("definition")}
              onChange={change}
            />
            {fault && (
              <Alert
                isInline
                isLiveRegion
                variant="danger"
                id="profile-fault"
                title={text("line", { line: fault.line })}
              >
                <span translate="no">{fault.message}</span>
              </Alert>
            )}
            {refused && <ProblemAlert error={refused} />}
            {fixed && <p className="ers-quiet">{text("fixed")}</p>}
            {may("manage-profiles") && !fixed && (
              <div className="ers-actions">
                <Button
                  onClick={save}
                  isLoading={put.isPending}
                  isDisabled={!definition || put.isPending || (profile !== undefined && draft === start)}
                >
                  {text(profile && name === profile.name ? "save" : "create")}
                </Button>
                {draft !== start && (
                  <Button variant="link" onClick={() => change(start)}>
                    {text("reset")}
                  </Button>
                )}
              </div>
            )}
          </CardBody>
        </Card>
      </GridItem>
      <GridItem>
        <Example definition={definition} />
      </GridItem>
    </Grid>
  );
}
