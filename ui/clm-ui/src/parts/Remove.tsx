import { ConfirmByName, messages, useNotices } from "@ers/frame";
import type { UseMutationResult } from "@tanstack/react-query";

const useText = messages(
  { remove: "Remove", removed: "{name} is removed.", title: "Remove {name}?" },
  { remove: "Entfernen", removed: "{name} ist entfernt.", title: "{name} entfernen?" },
);

/** The word for it. */
export const useRemoveText = useText;

/** Removes what has a name, which must be typed. */
export function Remove(props: {
  name: string;
  hint: string;
  mutation: UseMutationResult<unknown, Error, string>;
  onDone?: () => void;
  onClose: () => void;
}) {
  const text = useText();
  const tell = useNotices();
  const { name, mutation } = props;
  const done = () => {
    tell(text("removed", { name }));
    props.onClose();
    props.onDone?.();
  };
  return (
    <ConfirmByName
      title={text("title", { name })}
      name={name}
      action={text("remove")}
      busy={mutation.isPending}
      error={mutation.error}
      onConfirm={() => mutation.mutate(name, { onSuccess: done })}
      onClose={props.onClose}
    >
      <p>{props.hint}</p>
    </ConfirmByName>
  );
}
