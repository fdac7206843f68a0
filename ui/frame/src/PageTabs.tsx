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
    const row = current?.parentElement;
    if (!row || !current) return;
    const scroll = () => {
      // not scrollIntoView: the page would jump down to tabs that are below the window
      const [from, to] = [row.getBoundingClientRect(), current.getBoundingClientRect()];
      row.scrollLeft += to.left - from.left - (from.width - to.width) / 2;
    };
    // told at once, and again when the buttons beside the row have taken their room
    const sizes = new ResizeObserver(scroll);
    sizes.observe(row);
    return () => sizes.disconnect();
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
