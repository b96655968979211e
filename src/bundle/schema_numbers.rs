//! The schema's long lists: what facets weigh for everybody, directions of taste, the words of texts and how rare they are. Until
//! engine 6 they travelled within its JSON, which takes many times as long to read.

use super::lists::{read_offsets, read_texts, write_lengths};
use super::tensors::{TensorReader, TensorWriter};
use crate::catalog::{Blob, Vocabulary};
use crate::error::BundleError;
use crate::feature::{CommonTaste, Schema};

/// The schema as its own file has it, without these lists.
pub(super) fn short(schema: &Schema) -> Schema {
    let mut short = schema.clone();
    short.words.text = Vocabulary::default();
    short.text_idf = Vec::new();
    short.common_taste = schema.common_taste.without_facets();
    short
}

/// Writes the lists.
pub(super) fn write(schema: &Schema, path: &str) -> Result<Vec<u8>, BundleError> {
    let mut writer = TensorWriter::default();
    let (mut words, mut ends) = (String::new(), vec![0]);
    for word in schema.words.text.terms() {
        words.push_str(word);
        ends.push(words.len() as u32);
    }
    writer.u8("words", words.as_bytes());
    write_lengths(&mut writer, "word_lengths", &ends);
    writer.f32("text_idf", &schema.text_idf);
    let (weights, directions, directed) = schema.common_taste.facets();
    put(&mut writer, "facets", "weights", weights);
    let (mut facets, mut offsets) = (Vec::new(), vec![0]);
    for direction in directions {
        facets.extend_from_slice(direction);
        offsets.push(facets.len() as u32);
    }
    write_lengths(&mut writer, "direction_lengths", &offsets);
    put(&mut writer, "direction_facets", "shares", &facets);
    writer.u32("directed", directed);
    writer.finish(path)
}

fn put(writer: &mut TensorWriter, codes: &str, numbers: &str, facets: &[(u32, f32)]) {
    let (of_codes, of_numbers): (Vec<u32>, Vec<f32>) = facets.iter().copied().unzip();
    writer.u32(codes, &of_codes);
    writer.f32(numbers, &of_numbers);
}

/// The schema with the lists. What they hold is the schema's to check.
pub(super) fn read(schema: Schema, path: &str, file: &Blob) -> Result<Schema, BundleError> {
    let reader = &TensorReader::open(path, file)?;
    let mut words = schema.words;
    words.text = read_texts(reader, "words", "word_lengths", "word_offsets")?.into();
    let facets = facets(reader, "facets", "weights")?;
    let of_directions = self::facets(reader, "direction_facets", "shares")?;
    let offsets = read_offsets(reader, "direction_lengths", "direction_offsets")?;
    let directions = offsets.windows(2).map(|pair| {
        let direction = of_directions.get(pair[0] as usize..pair[1] as usize);
        direction.map(<[_]>::to_vec)
    });
    let directions: Option<Vec<_>> = directions.collect();
    let covers = offsets.last().copied() == Some(of_directions.len() as u32);
    let directions = directions
        .filter(|_| covers)
        .ok_or_else(|| reader.refuse("the directions do not cover their facets".into()))?;
    let directed = reader.u32("directed")?;
    let common_taste: CommonTaste = schema
        .common_taste
        .with_facets(facets, directions, directed)
        .map_err(|detail| reader.refuse(detail))?;
    Ok(Schema {
        words,
        text_idf: reader.f32("text_idf")?,
        common_taste,
        ..schema
    })
}

fn facets(
    reader: &TensorReader,
    codes: &str,
    numbers: &str,
) -> Result<Vec<(u32, f32)>, BundleError> {
    let (of_codes, of_numbers) = (reader.u32(codes)?, reader.f32(numbers)?);
    if of_codes.len() != of_numbers.len() {
        return Err(reader.refuse(format!("`{codes}` and `{numbers}` are not as many")));
    }
    Ok(of_codes.into_iter().zip(of_numbers).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::{City, Joined, Words};

    fn schema() -> Schema {
        let schema = Schema::new(City::default(), Words::default(), &[1], 3, 30.0);
        let directions = vec![vec![(0, 0.5), (16_777_217, -1.25)], vec![], vec![(7, 0.1)]];
        let taste = CommonTaste::default().with_facets(vec![(3, -0.75)], directions, vec![0, 7]);
        let words = Words {
            text: Joined::from_iter(["añejo", "", "jazz"]).into(),
            ..schema.words
        };
        Schema {
            words,
            text_idf: vec![0.0, 1.5],
            common_taste: taste.unwrap(),
            ..schema
        }
    }

    #[test]
    fn lists_come_back_to_the_schema() {
        let schema = schema();
        let file = write(&schema, "numbers").unwrap().into();
        let alone = short(&schema);
        assert!(alone.common_taste.is_empty() && alone.text_idf.is_empty());
        assert_eq!(read(alone, "numbers", &file).unwrap(), schema);
    }

    #[test]
    fn lists_that_do_not_fit_each_other_are_refused() {
        let names = ["facets", "weights", "direction_facets", "shares"];
        for (damaged, lengths) in [
            (None, &[1, 0, 1][..]),
            (None, &[3]),
            (None, &[1, u32::MAX]),
            (None, &[0; 65]),
            (Some("weights"), &[2]),
            (Some("shares"), &[2]),
            (Some("words"), &[2]),
        ] {
            let mut writer = TensorWriter::default();
            for name in names {
                let length = if damaged == Some(name) { 1 } else { 2 };
                if name.ends_with("facets") {
                    writer.u32(name, &vec![0; length]);
                } else {
                    writer.f32(name, &vec![0.5; length]);
                }
            }
            writer.u32("direction_lengths", lengths);
            writer.u32("directed", &[]);
            writer.u8("words", "año".as_bytes());
            writer.u32(
                "word_lengths",
                if damaged == Some("words") {
                    &[2, 2]
                } else {
                    &[3, 1]
                },
            );
            writer.f32("text_idf", &[]);
            let file = writer.finish("numbers").unwrap().into();
            let is_whole =
                damaged.is_none() && lengths.iter().map(|&l| u64::from(l)).sum::<u64>() == 2;
            let read = read(schema(), "numbers", &file);
            assert_eq!(read.is_ok(), is_whole, "{damaged:?} {lengths:?}");
        }
    }
}
