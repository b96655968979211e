//! The boosted trees as tensors: their inputs by name, and one entry a node.

use super::tensors::{TensorReader, TensorWriter};
use crate::catalog::Blob;
use crate::error::BundleError;
use crate::model::{BoostedTrees, TreeNode, second_look_names};

/// In the file, the input of a node that asks nothing.
const LEAF: u16 = TreeNode::LEAF;

pub(super) fn write(trees: &BoostedTrees, path: &str) -> Result<Vec<u8>, BundleError> {
    let nodes = trees.nodes();
    let mut writer = TensorWriter::default();
    writer.u8("input_names", second_look_names().join("\n").as_bytes());
    writer.u32("roots", trees.roots());
    writer.u16(
        "input",
        &nodes.iter().map(|node| node.column).collect::<Vec<_>>(),
    );
    writer.f32(
        "value",
        &nodes.iter().map(|node| node.value).collect::<Vec<_>>(),
    );
    writer.u32(
        "yes",
        &nodes.iter().map(|node| node.yes).collect::<Vec<_>>(),
    );
    writer.u32("no", &nodes.iter().map(|node| node.no).collect::<Vec<_>>());
    writer.finish(path)
}

pub(super) fn read(path: &str, file: &Blob) -> Result<BoostedTrees, BundleError> {
    let reader = TensorReader::open(path, file)?;
    let names = String::from_utf8(reader.u8("input_names")?)
        .map_err(|_| reader.refuse("its names are not UTF-8".into()))?;
    let known = second_look_names();
    // An engine may have more inputs than the writer, and in another order.
    let columns = names.split('\n').map(|name| {
        let column = known.iter().position(|known| known == name);
        column
            .and_then(|column| u16::try_from(column).ok())
            .ok_or_else(|| reader.refuse(format!("this engine has no input `{name}`")))
    });
    let columns: Vec<u16> = columns.collect::<Result<_, _>>()?;
    let (inputs, values) = (reader.u16("input")?, reader.f32("value")?);
    let (yes, no) = (reader.u32("yes")?, reader.u32("no")?);
    if [values.len(), yes.len(), no.len()] != [inputs.len(); 3] {
        return Err(reader.refuse("its nodes' columns differ in length".into()));
    }
    let mut nodes = Vec::with_capacity(inputs.len());
    for (number, &input) in inputs.iter().enumerate() {
        let column = match input {
            LEAF => LEAF,
            input => *columns
                .get(usize::from(input))
                .ok_or_else(|| reader.refuse(format!("node {number} asks about no input")))?,
        };
        nodes.push(TreeNode {
            column,
            value: values[number],
            yes: yes[number],
            no: no[number],
        });
    }
    BoostedTrees::new(reader.u32("roots")?, nodes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::SECOND_LOOK_INPUTS;

    fn file(names: &str, input: &[u16]) -> Blob {
        let mut writer = TensorWriter::default();
        writer.u8("input_names", names.as_bytes());
        writer.u32("roots", &[0]);
        writer.u16("input", input);
        writer.f32("value", &[0.5, -1.0, 1.0]);
        writer.u32("yes", &[1, 0, 0]);
        writer.u32("no", &[2, 0, 0]);
        writer.finish("trees").unwrap().into()
    }

    #[test]
    fn inputs_are_found_by_name_whatever_their_order_in_the_file() {
        let bytes = file("weekend\nscore", &[1, LEAF, LEAF]);
        let trees = read("trees", &bytes).unwrap();
        let mut look = [0.0; SECOND_LOOK_INPUTS];
        assert_eq!(trees.adjustment(&look), -1.0);
        // The score is the first input of a second look.
        look[0] = 2.0;
        assert_eq!(trees.adjustment(&look), 1.0);
        let again = read("trees", &write(&trees, "trees").unwrap().into()).unwrap();
        assert_eq!(again, trees);
    }

    #[test]
    fn unknown_inputs_and_columns_that_do_not_fit_are_refused() {
        for (names, input) in [
            ("moon_phase", [0, LEAF, LEAF].as_slice()),
            ("score", &[1, LEAF, LEAF]),
            ("score", &[0, LEAF]),
            ("", &[0, LEAF, LEAF]),
        ] {
            assert!(read("trees", &file(names, input)).is_err(), "{names}");
        }
    }
}
