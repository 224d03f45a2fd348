import { PIECE_LENGTH, piecesOf } from '../http/hooks.js';

/** UTF-8; bytes are shared by all who read the same. */
export type FramePart = string | Buffer;

/** What has something to say in a stream: of all that it could have said while the reader was behind, the newest. */
export interface FrameSource {
  /** Called when it goes out, once for each offer to a stream or for several of them. */
  takeFrames(): readonly FramePart[];
}

/** Long texts in pieces: whole, each reader that does not read would hold a copy. */
export function* cut(parts: readonly FramePart[]): Generator<FramePart> {
  for (const part of parts) {
    if (typeof part === 'string' && part.length > PIECE_LENGTH) yield* piecesOf(part, PIECE_LENGTH);
    else yield part;
  }
}
