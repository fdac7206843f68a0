import { carryOut, List, ProblemAlert, useNotices } from "@ers/frame";
import { titleOf } from "@ers/frame/certificate/names.ts";
import { Button } from "@patternfly/react-core";
import { useState } from "react";
import type { KeyRecovery } from "../../generated/clm-api.ts";
import { RECOVERY_STATES, useRecoveryColumns, useRecoveryStates } from "../../parts/recovery-columns.tsx";
import { useRecoveryText } from "../../parts/recovery-words.ts";
import { TakeKey } from "../../parts/TakeKey.tsx";
import { useRecoveries, useTakeKey, useWithdrawRecovery } from "../../queries/recoveries.ts";
import { useRequestFilters } from "./filters.ts";

/** Wishes for kept keys: one's own can be withdrawn, and taken when others have said yes. */
export function KeyRequests() {
  const text = useRecoveryText();
  const told = useRecoveryStates();
  const { wanted, filters } = useRequestFilters(RECOVERY_STATES.map((name) => [name, told(name)]));
  const query = useRecoveries(wanted);
  const [taking, setTaking] = useState<KeyRecovery>();
  const columns = useRecoveryColumns((row) => <Acts row={row} onTake={() => setTaking(row)} />);
  return (
    <>
      <List
        label={text("keys")}
        query={query}
        rows={query.data?.key_recoveries ?? []}
        keyOf={(row) => row.id}
        columns={columns}
        filters={filters}
        empty={{ title: text("empty"), hint: text("empty_hint") }}
        pages={{ next: query.data?.next_page_token, total: query.data?.total }}
      />
      {taking && <Take recovery={taking} onClose={() => setTaking(undefined)} />}
    </>
  );
}

function Acts({ row, onTake }: { row: KeyRecovery; onTake: () => void }) {
  const text = useRecoveryText();
  const tell = useNotices();
  const withdraw = useWithdrawRecovery(row.id);
  if (!row.mine || (row.state !== "pending-approval" && row.state !== "approved")) return null;
  return (
    <>
      <div className="ers-actions">
        {row.state === "approved" && (
          <Button size="sm" onClick={onTake}>
            {text("fetch")}
          </Button>
        )}
        <Button
          size="sm"
          variant="secondary"
          isLoading={withdraw.isPending}
          isDisabled={withdraw.isPending}
          onClick={() => carryOut(withdraw, undefined, () => tell(text("withdrawn")))}
        >
          {text("withdraw")}
        </Button>
      </div>
      {withdraw.error ? <ProblemAlert error={withdraw.error} /> : null}
    </>
  );
}

function Take({ recovery, onClose }: { recovery: KeyRecovery; onClose: () => void }) {
  const text = useRecoveryText();
  return (
    <TakeKey
      name={titleOf(recovery.subject, [])}
      hint={text("fetch_hint")}
      taken={text("taken")}
      take={useTakeKey(recovery.id)}
      onClose={onClose}
    />
  );
}
