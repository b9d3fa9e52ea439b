//! Protocol headers and frames (§2.2, §2.3).

use bytes::{Buf, BytesMut};

use crate::Error;

/// What both sides send first when no login precedes.
pub const AMQP_HEADER: [u8; 8] = *b"AMQP\x00\x01\x00\x00";
/// What both sides send first for a login (§5.3.1).
pub const SASL_HEADER: [u8; 8] = *b"AMQP\x03\x01\x00\x00";

/// Until a smaller one is agreed, a frame has at most this size (§2.3.1 names it as the
/// least that every peer takes; logins must keep to it).
pub(crate) const FRAME_BYTES_MIN_MAX: u32 = 512;

pub(crate) const AMQP: u8 = 0;
pub(crate) const SASL: u8 = 1;
pub(crate) const HEADER_BYTES: usize = 8;

/// A frame's own header, read; its body follows at `body`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) size: usize,
    pub(crate) body: usize,
    pub(crate) kind: u8,
    pub(crate) channel: u16,
}

/// The next frame's header, once the whole frame is there.
pub(crate) fn peek(input: &[u8], max: u32) -> Result<Option<Head>, Error> {
    let Some((start, _)) = input.split_first_chunk::<HEADER_BYTES>() else {
        return Ok(None);
    };
    let [s0, s1, s2, s3, doff, kind, high, low] = *start;
    let size = u32::from_be_bytes([s0, s1, s2, s3]);
    if size > max || size < 8 {
        return Err(Error::FrameSize { size, max });
    }
    let (size, body) = (size as usize, usize::from(doff) * 4);
    if body < HEADER_BYTES || body > size {
        return Err(Error::Frame("a frame's data offset points outside of it"));
    }
    if kind > SASL {
        return Err(Error::Frame("a frame is neither of AMQP nor of SASL"));
    }
    let channel = u16::from_be_bytes([high, low]);
    Ok((input.len() >= size).then_some(Head {
        size,
        body,
        kind,
        channel,
    }))
}

/// The peer's protocol header, once it is there.
pub(crate) fn header(input: &mut BytesMut) -> Result<Option<[u8; 8]>, Error> {
    let Some(header) = input.first_chunk::<8>().copied() else {
        // Something else altogether may never send eight bytes.
        let odd = !AMQP_HEADER.starts_with(&input[..input.len().min(4)]);
        return if odd {
            Err(Error::Header([0; 8]))
        } else {
            Ok(None)
        };
    };
    if header != AMQP_HEADER && header != SASL_HEADER {
        return Err(Error::Header(header));
    }
    input.advance(8);
    Ok(Some(header))
}

/// Write one frame; the closure writes its body.
pub(crate) fn write(
    out: &mut Vec<u8>,
    kind: u8,
    channel: u16,
    body: impl FnOnce(&mut Vec<u8>),
) {
    let start = out.len();
    let [high, low] = channel.to_be_bytes();
    out.extend_from_slice(&[0, 0, 0, 0, 2, kind, high, low]);
    body(out);
    let size = u32::try_from(out.len() - start).expect("frames are cut to size");
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
}
