/** A password that is chosen: as it is typed, and typed again. */
export type Chosen = { password: string; again: string };

/** Nothing typed. */
export const UNCHOSEN: Chosen = { password: "", again: "" };

/** Shortest, in characters. */
export const LEAST = 12;
/** Longest, in characters. */
export const MOST = 128;

/** Whether it can be taken. */
export const isChosen = ({ password, again }: Chosen) => password.length >= LEAST && password === again;
