import { QueryCache, QueryClient } from "@tanstack/react-query";
import { Problem } from "./problem.ts";

/** A client whose queries are not repeated for what the caller did wrong; `onStranger` hears of each 401. */
export function newQueryClient(onStranger: (client: QueryClient) => void = () => {}): QueryClient {
  const client = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof Problem && error.status === 401) onStranger(client);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) =>
          failures < 2 && error instanceof Problem && (error.status === 0 || error.status >= 500),
        retryDelay: 500,
      },
    },
  });
  return client;
}
