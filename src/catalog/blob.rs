//! Bytes that need not lie in memory: whoever reads some of them gets those.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Where bytes lie.
pub trait BlobSource: Send + Sync {
    /// The bytes of a range, copied where they do not lie in memory; nothing where there are not so many, or no longer.
    fn read(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>>;

    /// Copies the bytes of a range to where they are wanted; whether there were so many.
    fn copy(&self, range: Range<usize>, to: &mut [u8]) -> bool {
        let bytes = self.read(range).filter(|bytes| bytes.len() == to.len());
        bytes.inspect(|bytes| to.copy_from_slice(bytes)).is_some()
    }

    /// All bytes, where they lie in memory.
    fn in_memory(&self) -> Option<&[u8]> {
        None
    }
}

impl BlobSource for Vec<u8> {
    fn read(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        self.get(range).map(Cow::Borrowed)
    }

    fn in_memory(&self) -> Option<&[u8]> {
        Some(self)
    }
}

/// Bytes nobody changes, or a part of them. A clone shares them.
#[derive(Clone)]
pub struct Blob {
    source: Arc<dyn BlobSource>,
    start: usize,
    len: usize,
}

impl Blob {
    /// The first `len` bytes of a source.
    pub fn new(source: impl BlobSource + 'static, len: usize) -> Self {
        Self {
            source: Arc::new(source),
            start: 0,
            len,
        }
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where a range of this blob lies in its source; nothing where it goes beyond the end.
    fn within(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let is_within = range.start <= range.end && range.end <= self.len;
        is_within.then(|| self.start + range.start..self.start + range.end)
    }

    /// A part, of which nothing is read yet; nothing where it goes beyond the end.
    pub fn slice(&self, range: Range<usize>) -> Option<Self> {
        let Range { start, end } = self.within(&range)?;
        let source = Arc::clone(&self.source);
        Some(Self {
            source,
            start,
            len: end - start,
        })
    }

    /// The bytes of a range; nothing where it goes beyond the end, or the source has not got them.
    pub fn read(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        let wanted = self.within(&range)?;
        if wanted.is_empty() {
            // Asking elsewhere takes long beside this.
            return Some(Cow::Borrowed(&[]));
        }
        let bytes = self.source.read(wanted)?;
        (bytes.len() == range.len()).then_some(bytes)
    }

    /// Copies the bytes of a range to where they are wanted; false where [`Blob::read`] has nothing, or another number of them.
    pub fn copy(&self, range: Range<usize>, to: &mut [u8]) -> bool {
        match self.within(&range) {
            Some(wanted) if wanted.len() == to.len() => {
                wanted.is_empty() || self.source.copy(wanted, to)
            }
            _ => false,
        }
    }

    /// All bytes, where they lie in memory: nothing is copied to say so.
    pub fn in_memory(&self) -> Option<&[u8]> {
        self.source
            .in_memory()?
            .get(self.start..self.start + self.len)
    }

    /// All bytes; none where the source has not got them.
    pub fn whole(&self) -> Cow<'_, [u8]> {
        self.read(0..self.len).unwrap_or_default()
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        let len = bytes.len();
        Self::new(bytes, len)
    }
}

impl Default for Blob {
    fn default() -> Self {
        Vec::new().into()
    }
}

/// How many there are: to show them would read them all.
impl fmt::Debug for Blob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes", self.len)
    }
}

/// Equal where they read the same, wherever they lie.
impl PartialEq for Blob {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.whole() == other.whole()
    }
}

impl Eq for Blob {}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Bytes that are copied when they are read, and may be fewer than was said.
    pub(crate) struct Elsewhere(pub(crate) Vec<u8>);

    impl BlobSource for Elsewhere {
        fn read(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
            // What is left of the range, as a careless source would give.
            let until = range.end.min(self.0.len());
            let rest = self.0.get(range.start..until)?;
            Some(rest.to_vec().into())
        }
    }

    #[test]
    fn parts_are_read_wherever_they_lie() {
        let bytes = b"0123456789".to_vec();
        let (here, elsewhere) = (Blob::from(bytes.clone()), Blob::new(Elsewhere(bytes), 10));
        assert_eq!(here, elsewhere);
        for blob in [here, elsewhere] {
            let part = blob.slice(2..8).unwrap_or_default();
            assert_eq!((part.len(), &*part.whole()), (6, &b"234567"[..]));
            let in_memory = blob.in_memory().is_some();
            assert_eq!(part.in_memory(), in_memory.then_some(&b"234567"[..]));
            let inner = part.slice(4..6).unwrap_or_default();
            assert_eq!(inner.read(1..2).as_deref(), Some(&b"7"[..]));
            assert_eq!(inner.read(2..2).as_deref(), Some(&b""[..]));
            let mut copied = [0; 2];
            assert!(part.copy(4..6, &mut copied) && part.copy(6..6, &mut []));
            assert_eq!(&copied, b"67");
            assert!(!part.copy(4..5, &mut copied) && !part.copy(5..7, &mut copied));
        }
    }

    #[test]
    #[allow(clippy::reversed_empty_ranges)]
    fn beyond_the_end_is_nothing() {
        let blob = Blob::from(b"0123456789".to_vec());
        let part = blob.slice(2..8).unwrap_or_default();
        for range in [
            0..7,
            6..7,
            7..7,
            3..2,
            0..usize::MAX,
            usize::MAX..usize::MAX,
        ] {
            assert_eq!(part.read(range.clone()), None, "{range:?}");
            assert_eq!(part.slice(range.clone()), None, "{range:?}");
        }
    }

    #[test]
    fn a_source_that_is_too_short_has_nothing_where_it_ends() {
        let blob = Blob::new(Elsewhere(b"0123".to_vec()), 10);
        assert_eq!(blob.read(1..3).as_deref(), Some(&b"12"[..]));
        for range in [3..5, 4..6, 8..10] {
            assert_eq!(blob.read(range.clone()), None, "{range:?}");
            assert!(!blob.copy(range.clone(), &mut [0; 2]), "{range:?}");
        }
        assert_eq!((blob.len(), blob.whole().len()), (10, 0));
    }
}
