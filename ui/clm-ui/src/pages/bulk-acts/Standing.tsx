import { useFormats } from "@ers/frame";
import { Label, Progress, ProgressMeasureLocation, ProgressVariant } from "@patternfly/react-core";
import type { BulkAct } from "../../generated/clm-api.ts";
import { useText } from "./words.ts";

const LOOKS = { running: "info", done: "success", cancelled: "warning" } as const;

/** Whether it runs, is done or was stopped. */
export function State({ act }: { act: BulkAct }) {
  const text = useText();
  const known = act.state as keyof typeof LOOKS;
  return (
    <Label isCompact status={LOOKS[known] ?? "custom"}>
      {known in LOOKS ? text(known) : act.state}
    </Label>
  );
}

/** How far an act has come. */
export function Standing({ act }: { act: BulkAct }) {
  const text = useText();
  const { number } = useFormats();
  const { done, unchanged, failed, total } = act;
  const looked = done + unchanged + failed;
  return (
    <>
      <Progress
        aria-label={text("progress")}
        value={total > 0 ? (100 * looked) / total : 100}
        measureLocation={ProgressMeasureLocation.outside}
        {...(failed > 0 && { variant: ProgressVariant.warning })}
      />
      <div className="ers-quiet ers-small">
        {text("counts", {
          done: number(done),
          unchanged: number(unchanged),
          failed: number(failed),
          total: number(total),
        })}
      </div>
    </>
  );
}

/** What is done, in words. */
export function useKind() {
  const text = useText();
  return (kind: string) => (kind === "revoke" || kind === "renew" || kind === "change" ? text(kind) : kind);
}
