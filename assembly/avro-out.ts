/** Where the encoding of JSON text has got to, and how far it may go. */
import { SLACK } from './layout';

let at: usize = 0;
let end: usize = 0;
/** The longest varint, twice: what may stand in front of any content. */
const MARGIN_BYTES: usize = 20;

export function outStart(start: usize, limit: usize): void {
  at = start;
  end = limit;
}

// @ts-ignore: decorator
@inline
export function outAt(): usize {
  return at;
}

// @ts-ignore: decorator
@inline
export function outIs(address: usize): void {
  at = address;
}

/** Whether so many bytes, what may stand in front of them, and what vector stores write beyond, have room. */
// @ts-ignore: decorator
@inline
export function outHasRoom(bytes: u32): bool {
  return <u64>at + bytes + MARGIN_BYTES + SLACK <= <u64>end;
}
