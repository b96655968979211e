//! Data that both sides read: rows of unsigned 32-bit numbers, little-endian, without a header.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

pub(super) fn write(folder: &Path, name: &str, numbers: impl IntoIterator<Item = u32>) {
    let bytes: Vec<u8> = numbers.into_iter().flat_map(u32::to_le_bytes).collect();
    std::fs::write(folder.join(name), bytes).expect("the folder can be written");
}

/// The rows of a file one after the other: it is never held as a whole.
pub(super) fn rows<const COLUMNS: usize>(
    folder: &Path,
    name: &str,
) -> impl Iterator<Item = [u32; COLUMNS]> {
    let file = File::open(folder.join(name)).expect("the data were made: training data FOLDER");
    let size = file.metadata().expect("the file has a size").len() as usize;
    let mut file = BufReader::new(file);
    (0..size / (4 * COLUMNS)).map(move |_| {
        let mut row = [0; COLUMNS];
        for number in &mut row {
            let mut bytes = [0; 4];
            file.read_exact(&mut bytes).expect("the file can be read");
            *number = u32::from_le_bytes(bytes);
        }
        row
    })
}
