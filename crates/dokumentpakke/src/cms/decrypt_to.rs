//! Decrypt a package as it comes, into whatever takes it, in little memory.

use std::io::{Read, Write};

use super::decrypt::{Encryption, is_data, what};
use super::pull::Pull;
use super::recipient::content_key;
use crate::cipher::{Cipher, Sealed};
use crate::encode::{oids, wrap};
use crate::gcm::{Gcm, Parameters};
use crate::tlv::{INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, SET, context};
use crate::{Error, Identity};

/// How much is decrypted at a time: whole blocks of every cipher.
const CHUNK_BYTES: usize = 64 * 1024;

/// Decrypt with whichever of the keys it was encrypted to.
///
/// What was written to the sink means nothing unless this answers Ok: whether the content
/// is whole is known at its end.
pub(crate) fn decrypt_to(
    package: &mut dyn Read,
    keys: &[Identity],
    sink: &mut dyn Write,
) -> Result<Encryption, Error> {
    let mut pull = Pull::new(package);
    let first = pull.peek(16)?;
    if first.is_empty() {
        return Err(Error::NotCms("it is empty".into()));
    }
    if first[0] != SEQUENCE {
        return Err(Error::NotCms(what(first).into()));
    }
    pull.enter(SEQUENCE)?;
    let kind = pull.element()?;
    let kind = Reader::new(&kind).expect(OID)?.content.to_vec();
    let authenticated = match kind.as_slice() {
        oids::ENVELOPED_DATA => false,
        oids::AUTH_ENVELOPED => true,
        oids::SIGNED_DATA => return Err(Error::NotCms("it is SignedData".into())),
        _ => return Err(Error::NotCms("its content type is unknown".into())),
    };
    pull.enter(context(0, true))?;
    pull.enter(SEQUENCE)?;
    small(&mut pull, INTEGER)?;
    if pull.tag()? == context(0, true) {
        pull.element()?; // originatorInfo
    }
    let recipients = small(&mut pull, SET)?;
    pull.enter(SEQUENCE)?;
    is_data(Reader::new(&small(&mut pull, OID)?).expect(OID)?)?;
    let algorithm = small(&mut pull, SEQUENCE)?;
    let encryption = if authenticated {
        gcm(&mut pull, &recipients, &algorithm, keys, sink)?
    } else {
        cbc(&mut pull, &recipients, &algorithm, keys, sink)?
    };
    // To the end, so that a package that was cut there is not taken for whole.
    for _ in 0..3 {
        pull.leave()?;
    }
    sink.flush().map_err(written)?;
    Ok(encryption)
}

fn small<R: Read>(pull: &mut Pull<R>, tag: u8) -> Result<Vec<u8>, Error> {
    let element = pull.element()?;
    Reader::new(&element).expect(tag)?;
    Ok(element)
}

const CONTENT: [u8; 2] = [context(0, false), context(0, true)];

fn cbc<R: Read>(
    pull: &mut Pull<R>,
    recipients: &[u8],
    algorithm: &[u8],
    keys: &[Identity],
    sink: &mut dyn Write,
) -> Result<Encryption, Error> {
    let mut fields = Reader::new(algorithm).expect(SEQUENCE)?.inside();
    let cipher = Cipher::from_oid(fields.expect(OID)?.content)?;
    let mut iv = fields.next()?.octets()?;
    let recipients = Reader::new(recipients).expect(SET)?;
    let key = content_key(recipients, keys, cipher.key_bytes())?;
    let mut held = Vec::with_capacity(2 * CHUNK_BYTES);
    pull.octets(CONTENT, &mut |bytes| {
        held.extend_from_slice(bytes);
        // The last block waits for the end: it has the padding.
        while held.len() > CHUNK_BYTES {
            let next = held[CHUNK_BYTES - cipher.block_bytes()..CHUNK_BYTES].to_vec();
            cipher.decrypt_blocks(&key.key, &iv, &mut held[..CHUNK_BYTES])?;
            sink.write_all(&held[..CHUNK_BYTES]).map_err(written)?;
            held.drain(..CHUNK_BYTES);
            iv = next;
        }
        Ok(())
    })?;
    pull.leave()?;
    let rest = cipher.decrypt(&key.key, &iv, held)?;
    sink.write_all(&rest).map_err(written)?;
    Ok(Encryption {
        recipient: key.serial,
        key: key.scheme,
        content: cipher.name(),
    })
}

fn gcm<R: Read>(
    pull: &mut Pull<R>,
    recipients: &[u8],
    algorithm: &[u8],
    keys: &[Identity],
    sink: &mut dyn Write,
) -> Result<Encryption, Error> {
    let mut fields = Reader::new(algorithm).expect(SEQUENCE)?.inside();
    let cipher = Sealed::from_oid(fields.expect(OID)?.content)?;
    let parameters = Parameters::read(fields.next()?)?;
    let recipients = Reader::new(recipients).expect(SET)?;
    let key = content_key(recipients, keys, cipher.key_bytes())?;
    let mut text = Gcm::new(cipher, &key.key, &parameters)?;
    let mut held = Vec::with_capacity(2 * CHUNK_BYTES);
    pull.octets(CONTENT, &mut |bytes| {
        held.extend_from_slice(bytes);
        while held.len() > CHUNK_BYTES {
            text.decrypt(&mut held[..CHUNK_BYTES])?;
            sink.write_all(&held[..CHUNK_BYTES]).map_err(written)?;
            held.drain(..CHUNK_BYTES);
        }
        Ok(())
    })?;
    text.decrypt(&mut held)?;
    sink.write_all(&held).map_err(written)?;
    pull.leave()?;
    // The attributes come behind the content, so the tag's hash takes them at its end.
    let attributes = match pull.tag()? == context(1, true) {
        true => {
            let element = pull.element()?;
            let inside = Reader::new(&element).expect(context(1, true))?.content;
            wrap(SET, &[inside])
        }
        false => Vec::new(),
    };
    let mac = pull.element()?;
    let mac = Reader::new(&mac).expect(OCTET_STRING)?.octets()?;
    text.verify(&parameters, &attributes, &mac)?;
    Ok(Encryption {
        recipient: key.serial,
        key: key.scheme,
        content: cipher.name(),
    })
}

fn written(error: std::io::Error) -> Error {
    Error::Stream(error.to_string())
}
