/** Days as they are chosen, `2026-11-22`, as the moments that CLM is asked for: both are in it. */
export function spanOf(from: string, until: string): { from?: string; until?: string } {
  const first = midnight(from, 0);
  const after = midnight(until, 1);
  return { ...(first && { from: first }), ...(after && { until: after }) };
}

/** The moment at which the day begins here, so many days later. */
function midnight(day: string, later: number): string | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day);
  if (!parts) return undefined;
  const [year, month, date] = parts.slice(1).map(Number) as [number, number, number];
  const moment = new Date(year, month - 1, date + later);
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString();
}

/** Where the whole log of that span and realm is saved from. */
export function exportUrl(format: "csv" | "ndjson", span: { from?: string; until?: string }, realm: string) {
  const query = new URLSearchParams({ format, ...span });
  if (realm) query.set("realm", realm);
  return `/clm-api/v1/audit/export?${query}`;
}
