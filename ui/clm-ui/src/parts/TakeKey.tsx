import { download, FormDialog, useNotices } from "@ers/frame";
import { bytesOf } from "@ers/frame/base64.ts";
import type { UseMutationResult } from "@tanstack/react-query";
import { useState } from "react";
import type { KeyFile } from "../generated/clm-api.ts";
import { NewPassword } from "./NewPassword.tsx";
import { isChosen, UNCHOSEN } from "./new-password.ts";
import { useRecoveryText } from "./recovery-words.ts";

/** Takes a key that the platform made, under a password that is chosen here, into a file. */
export function TakeKey(props: {
  /** Whose key it is. */
  name: string;
  hint: string;
  /** What is said when it is there. */
  taken: string;
  take: UseMutationResult<KeyFile, Error, string>;
  onClose: () => void;
}) {
  const text = useRecoveryText();
  const tell = useNotices();
  const { take, onClose } = props;
  const [chosen, setChosen] = useState(UNCHOSEN);
  return (
    <FormDialog
      title={text("fetch_title", { name: props.name })}
      hint={props.hint}
      action={text("fetch_act")}
      ready={isChosen(chosen)}
      busy={take.isPending}
      error={take.error}
      onSubmit={() =>
        take.mutate(chosen.password, {
          onSuccess: ({ pkcs12, file_name }) => {
            download(file_name, bytesOf(pkcs12), "application/x-pkcs12");
            tell(props.taken);
            onClose();
          },
        })
      }
      onClose={onClose}
    >
      <NewPassword value={chosen} onChange={setChosen} />
    </FormDialog>
  );
}
