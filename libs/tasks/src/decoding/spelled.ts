/** Bytes of a text, and for each of them from where to where it is spelled in the original. */
export interface Spelled {
  readonly bytes: Buffer;
  /** Null, as `ends`, where nobody asked for places. */
  readonly starts: Uint32Array | null;
  /** One past the last byte in the original. */
  readonly ends: Uint32Array | null;
}

/** An original: each byte stands where it stands. */
export function original(bytes: Buffer, withPlaces: boolean): Spelled {
  if (!withPlaces) return { bytes, starts: null, ends: null };
  const [starts, ends] = [new Uint32Array(bytes.length), new Uint32Array(bytes.length)];
  for (let at = 0; at < bytes.length; at += 1) {
    starts[at] = at;
    ends[at] = at + 1;
  }
  return { bytes, starts, ends };
}

/** Room for a text that is spelled in a source. */
export function roomFor(size: number, source: Spelled): Spelled {
  const places = () => (source.starts === null ? null : new Uint32Array(size));
  return { bytes: Buffer.allocUnsafe(size), starts: places(), ends: places() };
}

/** The first bytes of a text. */
export function cut({ bytes, starts, ends }: Spelled, size: number): Spelled {
  const { length } = bytes;
  if (size === length) return { bytes, starts, ends };
  return {
    bytes: bytes.subarray(0, size),
    starts: starts?.subarray(0, size) ?? null,
    ends: ends?.subarray(0, size) ?? null,
  };
}
