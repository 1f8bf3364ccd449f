//! The form of a record on disk.
//!
//! ```text
//! ┌────────┬──────────────────┬───────────────┐
//! │ format │ CRC-32 (LE)      │ payload, JSON │
//! │ 1 byte │ of key + payload │               │
//! └────────┴──────────────────┴───────────────┘
//! ```
//!
//! The checksum is ours because bit rot can pass the engine's own (store.md); it covers the key, so a value
//! under the wrong key is found as well. JSON lets a later version add fields; a change that JSON cannot
//! carry raises [`FORMAT`] and gets a branch in [`open`].

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The current format.
const FORMAT: u8 = 1;

/// Bytes before the payload.
const HEADER: usize = 5;

/// Largest record, in bytes. Far below the 128 KiB from which the engine keeps values in files of their own
/// that it never removes.
pub const MAX_RECORD: usize = 32 * 1024;

/// Why a value cannot become a record, or bytes no value.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Larger than [`MAX_RECORD`]; nothing was written.
    #[error("the record of {key} would have {bytes} bytes; at most {MAX_RECORD} are kept")]
    TooLarge {
        /// Which record.
        key: String,
        /// Its size.
        bytes: usize,
    },
    /// The bytes were changed since they were written.
    #[error("the record {key} fails its checksum")]
    Checksum {
        /// Which record.
        key: String,
    },
    /// What lies before it was written, and is gone.
    #[error("what was written before the record {key} is missing")]
    Missing {
        /// The record after the hole.
        key: String,
    },
    /// Written by a version that this one does not know.
    #[error("the record {key} has format {format}; this version reads up to {FORMAT}")]
    Format {
        /// Which record.
        key: String,
        /// The format it has.
        format: u8,
    },
    /// The checksum is right but the payload is not what belongs under this key.
    #[error("the record {key} cannot be read")]
    Payload {
        /// Which record.
        key: String,
        /// What is wrong.
        source: serde_json::Error,
    },
}

impl RecordError {
    /// There is a hole before the record under `key`.
    pub(crate) fn missing_before(key: &[u8]) -> Self {
        Self::Missing { key: readable(key) }
    }
}

/// The payload for `value`, checked to fit a record under `key`.
pub(crate) fn json(key: &[u8], value: &impl Serialize) -> Result<Vec<u8>, RecordError> {
    let payload =
        serde_json::to_vec(value).map_err(|source| RecordError::Payload { key: readable(key), source })?;
    if HEADER + payload.len() > MAX_RECORD {
        return Err(RecordError::TooLarge { key: readable(key), bytes: HEADER + payload.len() });
    }
    Ok(payload)
}

/// The bytes to store under `key` for a payload.
pub(crate) fn frame(key: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.push(FORMAT);
    bytes.extend_from_slice(&checksum(key, payload));
    bytes.extend_from_slice(payload);
    bytes
}

/// The value stored as `bytes` under `key`.
pub(crate) fn open<T: DeserializeOwned>(key: &[u8], bytes: &[u8]) -> Result<T, RecordError> {
    let damaged = || RecordError::Checksum { key: readable(key) };
    let (header, payload) = bytes.split_at_checked(HEADER).ok_or_else(damaged)?;
    if header[1..] != checksum(key, payload) {
        return Err(damaged());
    }
    if header[0] != FORMAT {
        return Err(RecordError::Format { key: readable(key), format: header[0] });
    }
    serde_json::from_slice(payload).map_err(|source| RecordError::Payload { key: readable(key), source })
}

fn checksum(key: &[u8], payload: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(payload);
    hasher.finalize().to_le_bytes()
}

fn readable(key: &[u8]) -> String {
    key.escape_ascii().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(key: &[u8], value: &impl Serialize) -> Result<Vec<u8>, RecordError> {
        Ok(frame(key, &json(key, value)?))
    }

    #[test]
    fn a_value_comes_back_as_it_was() {
        let bytes = seal(b"s/1", &"hello").unwrap();
        assert_eq!(open::<String>(b"s/1", &bytes).unwrap(), "hello");
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let bytes = seal(b"s/1", &"hello").unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut rotten = bytes.clone();
            rotten[bit / 8] ^= 1 << (bit % 8);
            assert!(open::<String>(b"s/1", &rotten).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn every_truncation_is_found() {
        let bytes = seal(b"s/1", &"hello").unwrap();
        for length in 0..bytes.len() {
            assert!(open::<String>(b"s/1", &bytes[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_value_under_the_wrong_key_is_found() {
        let bytes = seal(b"s/1", &"hello").unwrap();
        assert!(matches!(open::<String>(b"s/2", &bytes), Err(RecordError::Checksum { .. })));
    }

    #[test]
    fn an_oversized_value_is_refused_by_name() {
        let error = seal(b"s/big", &"x".repeat(MAX_RECORD)).unwrap_err();
        assert!(error.to_string().contains("s/big"), "{error}");
    }

    #[test]
    fn a_later_format_is_told_apart_from_damage() {
        let mut bytes = seal(b"s/1", &"hello").unwrap();
        bytes[0] = 9;
        assert!(matches!(open::<String>(b"s/1", &bytes), Err(RecordError::Format { format: 9, .. })));
    }
}
