import { Alert, AlertActionCloseButton, AlertGroup } from "@patternfly/react-core";
import { createContext, type ReactNode, useCallback, useContext, useState } from "react";

type Notice = { id: number; text: string };
const Context = createContext<(text: string) => void>(() => {});
let last = 0;

/** Shows what was done, for a while. */
export function Notices({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<Notice[]>([]);
  const drop = useCallback((id: number) => setNotices((all) => all.filter((one) => one.id !== id)), []);
  const tell = useCallback((text: string) => {
    last += 1;
    const id = last;
    setNotices((all) => [...all, { id, text }]);
  }, []);
  return (
    <Context.Provider value={tell}>
      {children}
      <AlertGroup isToast isLiveRegion>
        {notices.map(({ id, text }) => (
          <Alert
            key={id}
            variant="success"
            title={text}
            timeout={6000}
            onTimeout={() => drop(id)}
            actionClose={<AlertActionCloseButton onClose={() => drop(id)} />}
          />
        ))}
      </AlertGroup>
    </Context.Provider>
  );
}

/** Tells that something was done. */
export const useNotices = () => useContext(Context);
