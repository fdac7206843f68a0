import { ConfirmByName, useNotices } from "@ers/frame";
import { useChangeRealm } from "../../queries/realms.ts";
import { useText } from "./words.ts";

/** Takes a realm out of use. */
export function Archive({ name, onClose }: { name: string; onClose: () => void }) {
  const text = useText();
  const tell = useNotices();
  const change = useChangeRealm(name);
  const done = () => {
    tell(text("archived_done", { name }));
    onClose();
  };
  return (
    <ConfirmByName
      title={text("archive_title", { name })}
      name={name}
      action={text("archive")}
      busy={change.isPending}
      error={change.error}
      onConfirm={() => change.mutate({ archived: true }, { onSuccess: done })}
      onClose={onClose}
    >
      <p>{text("archive_hint")}</p>
    </ConfirmByName>
  );
}
