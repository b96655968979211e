//! A short fingerprint of what decided something: FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv).
//!
//! It tells equal from different in logs and self-tests. It is no defence against somebody who wants a collision: files
//! are protected by SHA-256.

/// Bytes in, 64 bits out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// Takes in bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self
    }

    /// Takes in a text and its length, so that neighbouring texts cannot run together.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.integer(text.len() as u64).bytes(text.as_bytes())
    }

    /// Takes in an integer.
    pub fn integer(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    /// Takes in the bits of floats.
    pub fn floats(&mut self, values: &[f32]) -> &mut Self {
        for value in values {
            self.bytes(&value.to_bits().to_le_bytes());
        }
        self
    }

    /// The fingerprint.
    pub fn value(&self) -> u64 {
        self.0
    }

    /// The fingerprint as 16 hexadecimal digits.
    pub fn hexadecimal(&self) -> String {
        format!("{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_published_vectors() {
        assert_eq!(Digest::default().value(), 0xcbf2_9ce4_8422_2325);
        assert_eq!(Digest::default().bytes(b"a").value(), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(
            Digest::default().bytes(b"foobar").value(),
            0x8594_4171_f739_67e8
        );
    }
}
