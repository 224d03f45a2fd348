/** Bytes of a text, and where in the original each of them was decoded from; null where places are not needed. */
export interface DecodedText {
  readonly bytes: Buffer;
  readonly places: Places | null;
}

interface Places {
  readonly starts: Uint32Array;
  /** One past the last byte in the original. */
  readonly ends: Uint32Array;
}

/** From the first place to the one behind the last. */
export type Range = readonly [number, number];

/** An original: each byte stands where it stands. */
export function original(bytes: Buffer, withPlaces: boolean): DecodedText {
  const { length } = bytes;
  if (!withPlaces) return { bytes, places: null };
  return {
    bytes,
    places: {
      starts: Uint32Array.from({ length }, (_, at) => at),
      ends: Uint32Array.from({ length }, (_, at) => at + 1),
    },
  };
}

/** Where in the original a range of a decoded text stands. */
export function inOriginal({ places }: DecodedText, [from, to]: Range): Range {
  return [places?.starts[from] ?? from, places?.ends[to - 1] ?? to];
}

/** Ranges in order; those that touch are one. */
export function joined(ranges: readonly Range[]): readonly Range[] {
  const whole: [number, number][] = [];
  for (const [from, to] of ranges.toSorted((one, other) => one[0] - other[0])) {
    const last = whole.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else whole.push([from, to]);
  }
  return whole;
}

/** Writes what is decoded from a text, byte by byte, with its places where the text has them. */
export class DecodedTextWriter {
  private readonly bytes: Buffer;
  private readonly places: Places | null;
  private size = 0;

  /** @param capacity bytes that are written at most */
  constructor(
    private readonly source: DecodedText,
    capacity: number,
  ) {
    this.bytes = Buffer.allocUnsafe(capacity);
    this.places =
      source.places === null ? null : { starts: new Uint32Array(capacity), ends: new Uint32Array(capacity) };
  }

  /** Writes a byte that was decoded from those between two places of the source, both included. */
  write(byte: number, first: number, last: number): void {
    const { places, size, source } = this;
    this.bytes[size] = byte;
    if (places !== null && source.places !== null) {
      places.starts[size] = source.places.starts[first] ?? 0;
      places.ends[size] = source.places.ends[last] ?? 0;
    }
    this.size = size + 1;
  }

  /** What was written. */
  text(): DecodedText {
    const { bytes, places, size } = this;
    return {
      bytes: bytes.subarray(0, size),
      places: places && { starts: places.starts.subarray(0, size), ends: places.ends.subarray(0, size) },
    };
  }
}
