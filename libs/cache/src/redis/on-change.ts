/** Passes on what differs from what was passed on before; at first that is null. */
export function onChange<Value>(tell: (value: Value | null) => void): (value: Value | null) => void {
  let last: Value | null = null;
  return (value) => {
    if (value === last) return;
    last = value;
    tell(value);
  };
}
