import { CodeLines, carryOut, messages, Problem, ProblemAlert, useUrlState } from "@ers/frame";
import {
  Alert,
  Button,
  Card,
  CardBody,
  CardTitle,
  Grid,
  GridItem,
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core";
import { useDeferredValue, useMemo, useState } from "react";
import { type Fault, keyIn, lineOfKey, rulesOf, syntaxFault } from "../../policy/rules.ts";
import { useApplyPolicy } from "../../queries/policies.ts";
import { Form } from "./Form.tsx";
import { useText as useFormText } from "./form-words.ts";
import { Preview } from "./Preview.tsx";

const useText = messages(
  {
    definition: "Definition",
    line: "Line {line}",
    no_name: "name: every policy has one",
    reset: "Discard changes",
    save: "Save as a new version",
    create: "Create the policy",
  },
  {
    definition: "Definition",
    line: "Zeile {line}",
    no_name: "name: jede Richtlinie hat einen",
    reset: "Änderungen verwerfen",
    save: "Als neue Version speichern",
    create: "Richtlinie anlegen",
  },
);

/** A policy as a form or as its text, beside an example of what it makes. What is wrong is told at its line. */
export function Editor(props: { text: string; isNew: boolean; onSaved: (name: string) => void }) {
  const text = useText();
  const form = useFormText();
  const { get, set } = useUrlState();
  const asText = get("as") === "yaml";
  const apply = useApplyPolicy();
  const [draft, setDraft] = useState(props.text);
  const [told, setTold] = useState<Fault>();
  const later = useDeferredValue(draft);
  const syntax = useMemo(() => syntaxFault(later), [later]);
  const fault = syntax ?? told;
  const change = (value: string) => {
    setDraft(value);
    setTold(undefined);
    apply.reset();
  };
  const save = () => {
    const name = rulesOf(draft).name;
    if (!name) return setTold({ line: 1, message: text("no_name") });
    const saved = () => props.onSaved(name);
    carryOut(apply, { name, definition: draft }, saved, (error) => {
      const detail = error instanceof Problem ? error.detail : "";
      const key = keyIn(detail) ?? (error instanceof Problem ? error.field : undefined);
      if (key) setTold({ line: lineOfKey(draft, key), message: detail });
    });
  };
  return (
    <Grid hasGutter>
      <GridItem xl={7}>
        <Card>
          <CardTitle component="h2">{text("definition")}</CardTitle>
          <CardBody>
            <ToggleGroup aria-label={form("as")} isCompact className="ers-as">
              <ToggleGroupItem
                text={form("as_form")}
                isSelected={!asText}
                onChange={() => set({ as: "" }, true)}
              />
              <ToggleGroupItem
                text={form("as_yaml")}
                isSelected={asText}
                onChange={() => set({ as: "yaml" }, true)}
              />
            </ToggleGroup>
            {asText && (
              <CodeLines
                value={draft}
                wrongLine={fault?.line}
                wrongId="policy-fault"
                label={text("definition")}
                onChange={change}
              />
            )}
            {!asText &&
              (syntax ? (
                <Alert isInline variant="danger" title={form("broken")} />
              ) : (
                <Form text={draft} isNew={props.isNew} onChange={change} />
              ))}
            <div className="ers-stack ers-space">
              {fault && (
                <Alert
                  isInline
                  isLiveRegion
                  variant="danger"
                  title={text("line", { line: fault.line })}
                  id="policy-fault"
                >
                  {fault.message}
                </Alert>
              )}
              {apply.error && !fault ? <ProblemAlert error={apply.error} /> : null}
              <div className="ers-actions ers-save">
                <Button
                  onClick={save}
                  isLoading={apply.isPending}
                  isDisabled={apply.isPending || Boolean(syntax) || (!props.isNew && draft === props.text)}
                >
                  {text(props.isNew ? "create" : "save")}
                </Button>
                {draft !== props.text && (
                  <Button variant="link" onClick={() => change(props.text)}>
                    {text("reset")}
                  </Button>
                )}
              </div>
            </div>
          </CardBody>
        </Card>
      </GridItem>
      <GridItem xl={5}>
        <Preview definition={later} />
      </GridItem>
    </Grid>
  );
}
