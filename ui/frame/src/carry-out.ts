type Act<In, Out> = { mutateAsync: (wish: In) => Promise<Out> };

/**
 * Carries out an act, and says so when it is done and the lists are read anew, also when what was pressed has left the
 * page by then: what `mutate` is given is not called any more in that case. What fails is in the act's `error`.
 */
export function carryOut<In, Out>(
  act: Act<In, Out>,
  wish: In,
  done: (out: Out) => void,
  failed: (error: unknown) => void = () => undefined,
) {
  act.mutateAsync(wish).then(done, failed);
}
