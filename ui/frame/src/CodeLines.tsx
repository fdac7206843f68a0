import { useRef } from "react";

/** A text area with numbered lines, of which one may be marked. It is as high as its text: nothing scrolls apart. */
export function CodeLines(props: {
  value: string;
  /** The line that is wrong, from one; told in the element of `wrongId`. */
  wrongLine: number | undefined;
  wrongId: string;
  label: string;
  onChange: (value: string) => void;
}) {
  const area = useRef<HTMLTextAreaElement>(null);
  const lines = props.value.split("\n");
  const goTo = (line: number) => {
    const at = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    area.current?.focus();
    area.current?.setSelectionRange(at, at);
  };
  return (
    <div className="ers-editor">
      <div className="ers-editor-numbers" aria-hidden="true">
        {lines.map((_, index) => {
          const number = index + 1;
          const wrong = props.wrongLine === number;
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: a help for the mouse; the text area has the keyboard
            // biome-ignore lint/a11y/useKeyWithClickEvents: the same
            <div key={number} className={wrong ? "ers-editor-wrong" : undefined} onClick={() => goTo(number)}>
              {number}
            </div>
          );
        })}
      </div>
      <textarea
        ref={area}
        aria-label={props.label}
        aria-invalid={props.wrongLine !== undefined}
        aria-describedby={props.wrongLine === undefined ? undefined : props.wrongId}
        rows={lines.length + 1}
        value={props.value}
        spellCheck={false}
        wrap="off"
        onChange={(event) => props.onChange(event.target.value)}
      />
    </div>
  );
}
