/** Whether any of the texts has what is looked for in it; case does not matter. */
export function matches(search: string, ...texts: (string | null | undefined)[]): boolean {
  const wanted = search.trim().toLowerCase();
  return texts.some((text) => text?.toLowerCase().includes(wanted) ?? false);
}
