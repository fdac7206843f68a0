import { Tabs, type TabsProps } from "@patternfly/react-core";
import { useEffect, useRef } from "react";

/** The tabs of a page. Only the open one exists; where they are wider than the window, it is scrolled to. */
export function PageTabs(props: {
  open: string;
  onOpen: (tab: string) => void;
  label?: string;
  children: TabsProps["children"];
}) {
  const { open, onOpen, label, children } = props;
  const whole = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is open is in the page, not in the effect
  useEffect(() => {
    const current = whole.current?.querySelector(".pf-v6-c-tabs__item.pf-m-current");
    current?.scrollIntoView?.({ block: "nearest", inline: "center" });
  }, [open]);
  return (
    <div ref={whole}>
      <Tabs
        activeKey={open}
        onSelect={(_, key) => onOpen(String(key))}
        mountOnEnter
        unmountOnExit
        {...(label && { "aria-label": label })}
      >
        {children}
      </Tabs>
    </div>
  );
}
