/** A problem document (RFC 9457) as an error. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly field?: string,
    readonly retryAfter?: number,
    readonly kind = "about:blank",
  ) {
    super(detail || title);
    this.name = "Problem";
  }
}

const text = (value: unknown) => (typeof value === "string" ? value : undefined);

/** Whatever came instead of what was asked for, as a problem. Status 0: the service was not reached. */
export function problemOf(status: number, body: unknown): Problem {
  const fields = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  return new Problem(
    status,
    text(fields.title) ?? "",
    text(fields.detail) ?? "",
    text(fields.field),
    typeof fields.retry_after === "number" ? fields.retry_after : undefined,
    text(fields.type),
  );
}

/** The answer's body; throws a `Problem` for everything that is none. */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const answer = await call.catch(() => {
    throw problemOf(0, undefined);
  });
  if (!answer.response.ok) throw problemOf(answer.response.status, answer.error);
  return answer.data as T;
}
