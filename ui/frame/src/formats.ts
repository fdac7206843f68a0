import { useMemo } from "react";
import { useLanguage } from "./language.tsx";

const DAY = 86_400_000;

/** Numbers and times in the words of the language. */
export function useFormats() {
  const { language } = useLanguage();
  return useMemo(() => formats(regionOf(language)), [language]);
}

/** The language as it is spoken where the browser is at home, when that is known: `en-GB` for `en`. */
function regionOf(language: string): string {
  return navigator.languages?.find((known) => known.split("-")[0] === language) ?? language;
}

/** The same for a language that is known. */
export function formats(language: string) {
  const number = new Intl.NumberFormat(language);
  const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
  const shortDay = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" });
  const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });
  const clock = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  return {
    number: (value: number) => number.format(value),
    day: (time: string | Date) => day.format(new Date(time)),
    shortDay: (time: string | Date) => shortDay.format(new Date(time)),
    time: (ms: number) => clock.format(ms),
    moment: (time: string | Date) => moment.format(new Date(time)),
    /** `in 3 days`, `5 minutes ago` */
    relative: (time: string | Date, now = Date.now()) => {
      const ms = new Date(time).getTime() - now;
      const size = Math.abs(ms);
      if (size < 60_000) return relative.format(Math.round(ms / 1000), "second");
      if (size < 3_600_000) return relative.format(Math.round(ms / 60_000), "minute");
      if (size < DAY) return relative.format(Math.round(ms / 3_600_000), "hour");
      if (size < 90 * DAY) return relative.format(Math.round(ms / DAY), "day");
      if (size < 730 * DAY) return relative.format(Math.round(ms / (30.44 * DAY)), "month");
      return relative.format(Math.round(ms / (365.25 * DAY)), "year");
    },
  };
}
