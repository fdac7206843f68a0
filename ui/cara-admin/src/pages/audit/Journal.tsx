import { messages, ProblemAlert, useFormats } from "@ers/frame";
import { Alert, Button, Card, CardBody, CardTitle, Progress, Skeleton } from "@patternfly/react-core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useChains } from "../../queries/operation.ts";
import { type Told, verifyJournal } from "./verify.ts";

const useText = messages(
  {
    entries: "{n} entry|{n} entries",
    fault: "Entry {n} of {chain} is not as it was written: {fault}",
    good: "All {n} entries follow from each other.",
    hint: "Every signature is written down before it leaves the signer, each entry chained to the one before.",
    title: "Journal of signatures",
    verify: "Verify the journal",
    walked: "Walked",
  },
  {
    entries: "{n} Eintrag|{n} Einträge",
    fault: "Eintrag {n} von {chain} ist nicht, wie er geschrieben wurde: {fault}",
    good: "Alle {n} Einträge folgen auseinander.",
    hint: "Jede Signatur wird aufgeschrieben, bevor sie den Signierdienst verlässt; jeder Eintrag hängt am vorigen.",
    title: "Journal der Signaturen",
    verify: "Journal prüfen",
    walked: "Durchlaufen",
  },
);

type State = { told: Told[]; busy: boolean; error?: unknown };

/** The signers' journals; they are walked from end to end on demand. */
export function Journal() {
  const text = useText();
  const { number } = useFormats();
  const client = useQueryClient();
  const chains = useChains(true);
  const [state, setState] = useState<State>();
  const verify = async () => {
    setState({ told: [], busy: true });
    try {
      const told = await verifyJournal((told) => setState({ told, busy: true }));
      setState({ told, busy: false });
    } catch (error) {
      setState({ told: [], busy: false, error });
    }
    await client.invalidateQueries({ queryKey: ["acts"] });
  };
  const told = state?.told ?? [];
  const fault = told.find((one) => one.fault);
  const walked = told.reduce((sum, one) => sum + one.verified, 0);
  const total = told.reduce((sum, one) => sum + one.total, 0);
  const good = state && !state.busy && !state.error && !fault;
  return (
    <Card>
      <CardTitle component="h2">{text("title")}</CardTitle>
      <CardBody className="ers-stack">
        <p className="ers-quiet">{text("hint")}</p>
        {chains.isError && <ProblemAlert error={chains.error} onAgain={() => chains.refetch()} />}
        {chains.isPending && <Skeleton height="3rem" />}
        <ul className="ers-short-list">
          {(chains.data ?? []).map((chain) => (
            <li key={chain.name}>
              <span>
                <span translate="no">{chain.name}</span>:{" "}
                {text("entries", { n: chain.entries === 1 ? 1 : number(chain.entries) })}
              </span>
              <span className="ers-mono ers-quiet">{chain.head.slice(0, 32)}</span>
            </li>
          ))}
        </ul>
        {state?.busy && (
          <Progress
            aria-label={text("walked")}
            title={text("walked")}
            value={total > 0 ? (100 * walked) / total : 0}
            label={`${number(walked)} / ${number(total)}`}
          />
        )}
        {state?.error ? <ProblemAlert error={state.error} /> : null}
        {fault && (
          <Alert
            isInline
            isLiveRegion
            variant="danger"
            title={text("fault", {
              n: fault.fault_entry ?? 0,
              chain: fault.chain,
              fault: fault.fault ?? "",
            })}
          />
        )}
        {good && (
          <Alert isInline isLiveRegion variant="success" title={text("good", { n: number(walked) })} />
        )}
        <div>
          <Button onClick={() => void verify()} isLoading={state?.busy} isDisabled={state?.busy}>
            {text("verify")}
          </Button>
        </div>
      </CardBody>
    </Card>
  );
}
