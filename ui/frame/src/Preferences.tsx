import { ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import MoonIcon from "@patternfly/react-icons/dist/esm/icons/moon-icon";
import SunIcon from "@patternfly/react-icons/dist/esm/icons/sun-icon";
import { useLanguage } from "./language.tsx";
import { useTheme } from "./theme.ts";
import { useWords } from "./words.ts";

/** Language, and light or dark. */
export function Preferences() {
  const words = useWords();
  const { language, choose } = useLanguage();
  const [dark, setDark] = useTheme();
  return (
    <div className="ers-preferences">
      <ToggleGroup aria-label={words("language")} isCompact>
        <ToggleGroupItem
          text="EN"
          aria-label="EN, English"
          isSelected={language === "en"}
          onChange={() => choose("en")}
        />
        <ToggleGroupItem
          text="DE"
          aria-label="DE, Deutsch"
          isSelected={language === "de"}
          onChange={() => choose("de")}
        />
      </ToggleGroup>
      <ToggleGroup aria-label={words("theme")} isCompact>
        <ToggleGroupItem
          icon={<SunIcon />}
          aria-label={words("light")}
          isSelected={!dark}
          onChange={() => setDark(false)}
        />
        <ToggleGroupItem
          icon={<MoonIcon />}
          aria-label={words("dark")}
          isSelected={dark}
          onChange={() => setDark(true)}
        />
      </ToggleGroup>
    </div>
  );
}
