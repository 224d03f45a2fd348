/** An escape of a text. */
export interface Escape {
  /** Bytes that it takes. */
  readonly length: number;
  /** A code point, or a byte of an encoded one. */
  readonly code: number;
  readonly isByte: boolean;
}
