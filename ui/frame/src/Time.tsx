import { useFormats } from "./formats.ts";

/** A moment as a day and in relation to now. */
export function Time({ at, quiet = false }: { at: string; quiet?: boolean }) {
  const { day, moment, relative } = useFormats();
  return (
    <time dateTime={at} title={moment(at)}>
      {day(at)}
      {quiet ? null : <span className="ers-quiet"> ({relative(at)})</span>}
    </time>
  );
}
