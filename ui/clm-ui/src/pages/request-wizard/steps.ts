export { Done } from "./Done.tsx";
export { KeyStep } from "./KeyStep.tsx";
export { NamesStep } from "./NamesStep.tsx";
export { PolicyStep } from "./PolicyStep.tsx";
export { ReviewStep } from "./ReviewStep.tsx";

import type { Rules } from "../../policy/rules.ts";
import type { Draft } from "./draft.ts";

/** What every step gets. */
export type Step = { draft: Draft; rules: Rules; change: (changes: Partial<Draft>) => void };
