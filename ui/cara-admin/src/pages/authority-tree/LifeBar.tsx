import { messages, useFormats } from "@ers/frame";

const SOON = 0.85;

const useText = messages(
  { told: "{part} % of its time has passed" },
  { told: "{part} % der Laufzeit sind vorbei" },
);

/** How much of a certificate's time has passed. */
export function LifeBar({ from, to }: { from: string; to: string }) {
  const text = useText();
  const { number } = useFormats();
  const [start, end] = [new Date(from).getTime(), new Date(to).getTime()];
  const passed = Math.min(1, Math.max(0, (Date.now() - start) / Math.max(1, end - start)));
  const told = text("told", { part: number(Math.round(passed * 100)) });
  return (
    <svg className="ers-life" viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label={told}>
      <title>{told}</title>
      <rect className="ers-life-whole" width="100" height="4" rx="1" />
      <rect
        className={passed > SOON ? "ers-life-passed ers-life-soon" : "ers-life-passed"}
        width={Math.max(1, passed * 100)}
        height="4"
        rx="1"
      />
    </svg>
  );
}
