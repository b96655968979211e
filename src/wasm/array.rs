//! Bytes that stay in the browser's memory until some of them are read: to touch a page of its own memory for the first time costs
//! a new instance more than to copy into it.

use std::borrow::Cow;
use std::ops::Range;

use js_sys::Uint8Array;

use crate::catalog::{Blob, BlobSource};

struct Kept(Uint8Array);

impl Kept {
    fn part(&self, range: &Range<usize>) -> Option<Uint8Array> {
        // An array whose memory was handed elsewhere has no bytes any more, and throws where a part of it is asked for.
        let is_there = range.end <= self.0.length() as usize;
        is_there.then(|| self.0.subarray(range.start as u32, range.end as u32))
    }
}

impl BlobSource for Kept {
    fn read(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        self.part(&range).map(|part| part.to_vec().into())
    }

    fn copy(&self, range: Range<usize>, to: &mut [u8]) -> bool {
        let part = self.part(&range).filter(|_| range.len() == to.len());
        part.inspect(|part| part.copy_to(to)).is_some()
    }
}

/// The bytes of an array that nobody changes.
pub(super) fn blob(bytes: Uint8Array) -> Blob {
    let len = bytes.length() as usize;
    Blob::new(Kept(bytes), len)
}
