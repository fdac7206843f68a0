// What clm-ui and cara-admin share: the frame around the pages, lists and their states, pictures, words, themes.

export { CodeLines } from "./CodeLines.tsx";
export { ConfirmByName } from "./ConfirmByName.tsx";
export { CopyButton } from "./CopyButton.tsx";
export { download } from "./download.ts";
export { Facts } from "./Facts.tsx";
export { Field } from "./Field.tsx";
export { FormDialog } from "./FormDialog.tsx";
export { useFormats } from "./formats.ts";
export { type Language, LanguageProvider, messages, useLanguage } from "./language.tsx";
export { ListCard } from "./lists/ListCard.tsx";
export { Pager } from "./lists/Pager.tsx";
export { SearchField } from "./lists/SearchField.tsx";
export { useUrlState } from "./lists/url-state.ts";
export { Notices, useNotices } from "./notices.tsx";
export { PageHead } from "./PageHead.tsx";
export { PemInput } from "./PemInput.tsx";
export { PemText } from "./PemText.tsx";
export { Preferences } from "./Preferences.tsx";
export { ProblemAlert } from "./ProblemAlert.tsx";
export { BarChart } from "./pictures/BarChart.tsx";
export { ask, Problem, problemOf } from "./problem.ts";
export { newQueryClient } from "./query-client.ts";
export { type Destination, Shell } from "./Shell.tsx";
export { Time } from "./Time.tsx";
export { useTheme } from "./theme.ts";
