import { PageHead, ProblemAlert } from "@ers/frame";
import { namesOf } from "@ers/frame/certificate/names.ts";
import { Alert, PageSection, Skeleton, Wizard, WizardStep } from "@patternfly/react-core";
import { useEffect, useState } from "react";
import { rulesOf } from "../../policy/rules.ts";
import { usePolicies } from "../../queries/policies.ts";
import { useRealm } from "../../realm.tsx";
import { useCommonText } from "../../words/common.ts";
import { useMenuText } from "../../words/menu.ts";
import { type Draft, EMPTY, hasKey } from "./draft.ts";
import { type Result, useSend } from "./send.ts";
import { Done, KeyStep, NamesStep, PolicyStep, ReviewStep } from "./steps.ts";
import { useText } from "./words.ts";

/** Asks for a certificate, step by step. */
export default function RequestWizard() {
  const menu = useMenuText();
  const [round, setRound] = useState(0);
  return (
    <>
      <PageHead title={menu("request")} />
      <PageSection isFilled>
        <Round key={round} onAgain={() => setRound(round + 1)} />
      </PageSection>
    </>
  );
}

const WIZARD = "ers-wizard";

/** On a narrow screen PatternFly calls the list of steps by English words, over those that stand there. */
function useStepNames() {
  useEffect(() => {
    for (const toggle of document.querySelectorAll(`.${WIZARD} .pf-v6-c-wizard__toggle`)) {
      toggle.removeAttribute("aria-label");
    }
  });
}

function Round({ onAgain }: { onAgain: () => void }) {
  const text = useText();
  const common = useCommonText();
  const { realm } = useRealm();
  useStepNames();
  const policies = usePolicies(realm);
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [result, setResult] = useState<Result>();
  const { send, busy, error, forget } = useSend(setResult);
  if (policies.isPending) return <Skeleton height="20rem" />;
  if (policies.isError) return <ProblemAlert error={policies.error} onAgain={() => policies.refetch()} />;
  const usable = policies.data.filter((policy) => rulesOf(policy.definition).protocols?.includes("rest"));
  if (usable.length === 0) return <Alert isInline variant="info" title={text("no_policy")} />;
  const chosen = usable.find((policy) => policy.name === draft.policy);
  const rules = rulesOf(chosen?.definition ?? "");
  if (result) {
    const look = draft.source === "platform" ? () => send(draft, rules) : undefined;
    return <Done result={result} onAgain={onAgain} onLook={look} busy={busy} error={error} />;
  }
  const change = (changes: Partial<Draft>) => {
    forget();
    setDraft((before) => ({ ...before, ...changes }));
  };
  const step = { draft, rules, change };
  const ready = hasKey(draft);
  const named = namesOf(draft.names).length > 0 || draft.commonName.trim() !== "" || draft.source === "csr";
  const footer = (enabled: boolean) => ({
    isNextDisabled: !enabled,
    nextButtonText: common("next"),
    backButtonText: common("back"),
    isCancelHidden: true,
  });
  return (
    <Wizard className={WIZARD} navAriaLabel={text("send")} isVisitRequired>
      <WizardStep id="step-policy" name={text("step_policy")} footer={footer(Boolean(chosen))}>
        <PolicyStep {...step} policies={usable} />
      </WizardStep>
      <WizardStep id="step-key" name={text("step_key")} footer={footer(ready)} isDisabled={!chosen}>
        <KeyStep {...step} />
      </WizardStep>
      <WizardStep
        id="step-names"
        name={text("step_names")}
        footer={footer(named)}
        isDisabled={!chosen || !ready}
      >
        <NamesStep {...step} />
      </WizardStep>
      <WizardStep
        id="step-review"
        name={text("review")}
        isDisabled={!chosen || !ready || !named}
        footer={{
          ...footer(!busy),
          nextButtonText: text("send"),
          nextButtonProps: { isLoading: busy },
          onNext: () => send(draft, rules),
        }}
      >
        <ReviewStep {...step} error={error} />
      </WizardStep>
    </Wizard>
  );
}
